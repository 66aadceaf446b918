"""`voltward ca rotate prepare`: new authorities, and server chains below them that lie ready.

Nothing changes for anybody. Files come first, then the row that says so: cut off, the order is given again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from voltward.adapters.durable_files import disk, write_file
from voltward.adapters.pki.signer.authority_shelf import FOLDER, own_stations_authorities
from voltward.adapters.vault import write_server_chain
from voltward.bootstrap.authority.authority_keys import AuthorityKeys, open_keys
from voltward.bootstrap.authority.our_anchors import CROSSED
from voltward.bootstrap.deployment import Deployment
from voltward.bootstrap.rotation.chains import NEXT, moment_of, write_roots
from voltward.bootstrap.rotation.ground import Ground, find_ground
from voltward.bootstrap.rotation.next_authorities import (
    NextAuthorities,
    ask_others,
    hold_back,
    make_below_our_root,
    take_from_others,
    waiting_requests,
)
from voltward.crypto.issuing.hierarchy import Family, Role, ServerCredential, make_server_credential
from voltward.crypto.issuing.next_family import names_of
from voltward.crypto.issuing.server_certificates import read_server_certificates
from voltward.crypto.keys import private_key_pem
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.reading.pem import certificate_pem
from voltward.domain.errors import OperatorFault
from voltward.lifecycles.rollover_state import NamedRoot, Roots
from voltward.lifecycles.root_rotation import RootRotation
from voltward.usecases.lifecycles.rotate_root import begin_rotation, check_none_is_under_way
from voltward.usecases.trust.trust_own_authorities import trust_own_authorities


@dataclass(frozen=True, slots=True)
class _Ready:
    """What takes over, with the chains that the gateway will show."""

    ground: Ground
    following: NextAuthorities
    servers: Mapping[str, ServerCredential]
    keys: AuthorityKeys


async def prepare_rotation(
    deployment: Deployment, family: Family, certificates: Sequence[bytes], actor: str
) -> RootRotation | list[Path]:
    """Make the next authorities, or take them from `certificates` (DER), where somebody else has the root.

    A list of requests: that somebody has to be asked first. OperatorFault where it cannot be.
    """
    async with deployment.store.read() as reading:
        await check_none_is_under_way(reading)
    with open_keys(deployment.settings) as keys:
        ground = find_ground(deployment, family, keys)
        ready = _make(deployment, ground, certificates, keys)
    if ready is None:
        return await ask_others(deployment, ground)
    await _file(deployment, ready)
    own = own_stations_authorities(deployment.settings.path(FOLDER))
    await trust_own_authorities(deployment.store, own, actor, deployment.clock)
    rotation = _rotation(deployment, ready)
    return await begin_rotation(deployment.store, rotation, moment_of(deployment, actor))


def _make(
    deployment: Deployment, ground: Ground, certificates: Sequence[bytes], keys: AuthorityKeys
) -> _Ready | None:
    """Draw all keys, and sign all certificates; nothing is kept yet. None: others have to be asked first."""
    if ground.signing is not None:
        if certificates:
            raise OperatorFault(
                "the next root is made here, where the old one is.", mend="Leave out --chain."
            )
        following = make_below_our_root(deployment, ground, ground.signing, keys)
    elif certificates:
        following = take_from_others(deployment, ground, certificates, keys)
    else:
        return None
    servers = {name: _server(deployment, following, pem) for name, pem in ground.chains.items()}
    return _Ready(ground, following, servers, keys)


def _server(deployment: Deployment, following: NextAuthorities, present: bytes) -> ServerCredential:
    """For the same names, with all that stands between the CSMS CA and the root."""
    seen = read_server_certificates(present)
    hosts = (*seen.hosts, *seen.addresses)
    made = make_server_credential(following.csms, hosts, deployment.clock.now(), deployment.entropy)
    chain = next(one for one in following.chains.values() if one[0] == following.csms.der)
    return replace(made, chain_pem=made.chain_pem + certificate_pem(*chain[1:-1]))


async def _file(deployment: Deployment, ready: _Ready) -> None:
    """Keys before certificates: the signer looks for keys when a certificate has come."""
    public, following = deployment.settings.path(FOLDER), ready.following
    await hold_back(deployment, following.chains)
    for name, key in following.keys.items():
        ready.keys.keep(name, key)
    for name, chain in following.chains.items():
        write_file(public / f"{name}.pem", certificate_pem(*chain), 0o644)
    if following.crossed:
        name = f"{Role.ROOT}-{ready.ground.family}.{following.generation}{CROSSED}"
        write_file(public / name, certificate_pem(following.crossed), 0o644)
    write_roots(deployment, add=following.root)
    for name, server in ready.servers.items():
        write_server_chain(deployment.room, name + NEXT, server.chain_pem, private_key_pem(server.key))
    for request in waiting_requests(deployment.settings, ready.ground.family):
        with disk(request, "cannot be removed"):
            request.unlink()


def _rotation(deployment: Deployment, ready: _Ready) -> RootRotation:
    old, following = ready.ground.root, ready.following
    return RootRotation(
        since=deployment.clock.now(),
        family=ready.ground.family.value,
        generation=following.generation,
        roots=Roots(
            _named(old, old),
            _named(following.root, following.root),
            _named(following.crossed, old) if following.crossed else None,
        ),
        old=fingerprint(old).hex(),
        new=fingerprint(following.root).hex(),
        chains=tuple(ready.ground.chains),
        crossed=fingerprint(following.crossed).hex() if following.crossed else "",
    )


def _named(der: bytes, issuer: bytes) -> NamedRoot:
    return NamedRoot(certificate_pem(der).decode("ascii"), names_of(der, issuer))

"""A root rotation on the disk: new authorities in the signer's room, and server chains that lie ready.

    gateway/server-ecdsa.next     the chain below the new root: for a canary's host name, and for the switch
    gateway/server-ecdsa.before   the chain that was replaced, for the way back
    public/root-ecdsa.2.pem       the new root; root-ecdsa.2-crossed.pem: its key, signed by the old one

Each order may be given again after it was cut off: files first, then the row that says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from voltward.adapters.durable_files import write_file
from voltward.adapters.pki.signer.authority_shelf import (
    FOLDER,
    FindKey,
    ShelvedAuthority,
    next_generation,
    no_token,
    own_stations_authorities,
    read_shelf,
)
from voltward.adapters.vault import Room, read_server_chain, write_server_chain
from voltward.bootstrap.authority.our_anchors import CROSSED
from voltward.bootstrap.authority.signer import signer_at_hand
from voltward.bootstrap.authority.token import open_signer_token
from voltward.bootstrap.deployment import Deployment
from voltward.bootstrap.rooms import open_room
from voltward.crypto.issuing.hierarchy import (
    DRAWN,
    Family,
    FamilyAuthorities,
    Role,
    ServerCredential,
    make_server_credential,
)
from voltward.crypto.issuing.next_family import crossed_form, make_next_family, names_of
from voltward.crypto.issuing.server_certificates import read_server_certificates
from voltward.crypto.keys import private_key_pem
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.reading.pem import certificate_pem, read_pem_bundle
from voltward.crypto.reading.trust_anchors import is_signed_by
from voltward.domain.errors import OperatorFault
from voltward.gateway.channel.served_chains import served_chains
from voltward.lifecycles.rollover_state import NamedRoot, Roots
from voltward.lifecycles.root_rotation import ChainPutBack, ChainSwitched, RootRotation
from voltward.ports.signer import AuthorityState, KeyPlace
from voltward.ports.vault import RoomName
from voltward.usecases.deployment.make_deployment import ROOTS_FILE
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.rotate_root import begin_rotation, tell_rotation
from voltward.usecases.trust.trust_own_authorities import trust_own_authorities

NEXT: Final = ".next"
BEFORE: Final = ".before"
_ISSUERS: Final = (Role.CSMS, Role.STATIONS)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What there is before: the old root, and the chains below it by name."""

    root: ShelvedAuthority
    generation: int  # of what is to be made
    chains: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Ready:
    """What takes over; `crossed` is empty where nobody here can sign as the old root."""

    ground: _Ground
    made: FamilyAuthorities
    crossed: bytes
    servers: Mapping[str, ServerCredential]
    has_token: bool  # it has the keys of the authorities


def moment_of(deployment: Deployment, actor: str) -> Moment:
    """An order's."""
    return Moment(deployment.clock.now(), deployment.entropy, actor)


async def prepare_rotation(deployment: Deployment, family: Family, actor: str) -> RootRotation:
    """Make the new authorities and chains; nothing changes for anybody. OperatorFault where it cannot be."""
    room = open_room(deployment.settings, RoomName.SIGNER)
    ready = _make(deployment, room, family)
    ground, made, crossed = ready.ground, ready.made, ready.crossed
    await _shelve(deployment, room, ready)
    public = deployment.settings.path(FOLDER)
    if crossed:
        write_file(
            public / f"{Role.ROOT}-{family}.{ground.generation}{CROSSED}", certificate_pem(crossed), 0o644
        )
    _write_roots(deployment, add=made.root.der)
    for name, server in ready.servers.items():
        write_server_chain(deployment.room, name + NEXT, server.chain_pem, private_key_pem(server.key))
    own = own_stations_authorities(public)
    await trust_own_authorities(deployment.store, own, actor, deployment.clock)
    old_der = ground.root.ders[0]
    rotation = RootRotation(
        since=deployment.clock.now(),
        family=family.value,
        generation=ground.generation,
        roots=Roots(
            _named(old_der, old_der),
            _named(made.root.der, made.root.der),
            _named(crossed, old_der) if crossed else None,
        ),
        old=ground.root.id,
        new=made.root.fingerprint.hex(),
        chains=tuple(ground.chains),
        crossed=fingerprint(crossed).hex() if crossed else "",
    )
    return await begin_rotation(deployment.store, rotation, moment_of(deployment, actor))


def _make(deployment: Deployment, room: Room, family: Family) -> _Ready:
    """Draw all keys, where those of the old ones are, and sign all certificates; nothing is kept yet."""
    now, entropy, settings = deployment.clock.now(), deployment.entropy, deployment.settings
    token = open_signer_token(settings)
    try:
        ground = _ground(deployment, room, family, token.find if token is not None else no_token)
        made = make_next_family(family, settings.operator.name, now, entropy, token or DRAWN)
        old = ground.root.issuing
        crossed = crossed_form(made.root, old, now, entropy) if old is not None else b""
        servers = dict[str, ServerCredential]()
        for name, pem in ground.chains.items():
            seen = read_server_certificates(pem)
            servers[name] = make_server_credential(made, (*seen.hosts, *seen.addresses), now, entropy)
        return _Ready(ground, made, crossed, servers, has_token=token is not None)
    finally:
        if token is not None:
            token.close()  # a desk that is opened in this process has a session of its own


async def switch_chain(
    deployment: Deployment, rotation: RootRotation, chain: str, actor: str
) -> RootRotation:
    """This chain leads to the new root from the gateway's next SIGHUP on."""
    if chain not in rotation.chains:
        raise OperatorFault(
            f"{chain!r} is no chain of this rotation.", mend=f"Those are {', '.join(rotation.chains)}."
        )
    present, following = (read_server_chain(deployment.room, name) for name in (chain, chain + NEXT))
    if present[0] != following[0]:
        write_server_chain(deployment.room, chain + BEFORE, *present)
        write_server_chain(deployment.room, chain, *following)
    after = await tell_rotation(deployment.store, ChainSwitched(chain), moment_of(deployment, actor))
    if not after.left:
        await _set_states(deployment, after, {Role.CSMS: AuthorityState.ACTIVE})
    return after


async def put_chain_back(
    deployment: Deployment, rotation: RootRotation, chain: str, actor: str
) -> RootRotation:
    """This chain leads to the old root again, from the gateway's next SIGHUP on."""
    if chain not in {one.chain for one in rotation.switched}:
        raise OperatorFault(
            f"{chain!r} is not switched.", mend="`voltward ca rotate status` tells which are."
        )
    write_server_chain(deployment.room, chain, *read_server_chain(deployment.room, chain + BEFORE))
    await _set_states(deployment, rotation, {Role.CSMS: AuthorityState.PREPARED})
    return await tell_rotation(deployment.store, ChainPutBack(chain), moment_of(deployment, actor))


def chains_of_old_root(deployment: Deployment, rotation: RootRotation) -> list[str]:
    """What the files say, where an order to switch or to put back was cut off before it was written down."""
    new = read_pem_bundle(rotation.roots.new.pem.encode())[0]
    shown = {name: read_server_chain(deployment.room, name)[0] for name in rotation.chains}
    return [name for name, pem in shown.items() if not _leads_to(pem, new)]


def undo_halfway_switches(deployment: Deployment, rotation: RootRotation) -> None:
    """A chain whose file was written, and the row was not, leads to the old root again."""
    still_old = chains_of_old_root(deployment, rotation)
    for name in rotation.left:
        if name not in still_old:
            write_server_chain(deployment.room, name, *read_server_chain(deployment.room, name + BEFORE))


async def retire_authorities(deployment: Deployment, rotation: RootRotation) -> None:
    """The new authorities sign from now on, for stations too; the old ones vouch for what they have signed.

    A station's certificate from the old ones is good for its time, and its renewal comes from the new ones.
    """
    await _set_states(deployment, rotation, dict.fromkeys((Role.ROOT, *_ISSUERS), AuthorityState.ACTIVE))
    await _set_states(
        deployment, rotation, dict.fromkeys((Role.ROOT, *_ISSUERS), AuthorityState.RETIRED), of_old=True
    )
    _write_roots(deployment, drop=rotation.old)


def _ground(deployment: Deployment, room: Room, family: Family, find_key: FindKey) -> _Ground:
    settings = deployment.settings
    shelf = read_shelf(settings.path(FOLDER), room, find_key)
    roots = [one for one in shelf.values() if one.role is Role.ROOT and one.family is family]
    served = served_chains(settings.gateway.chains, settings.gateway.host_chains)
    chains = {name: read_server_chain(deployment.room, name)[0] for name in served.names}
    for root in sorted(roots, key=lambda one: one.generation, reverse=True):
        below = {name: pem for name, pem in chains.items() if _leads_to(pem, root.ders[0])}
        if not below:
            continue
        if root.key_place is KeyPlace.ELSEWHERE:
            raise OperatorFault(
                f"the key of {root.name} is not on this machine, and a new root would be.",
                mend="Make the next one where that is (`voltward ca root --offline`), have issuing CAs "
                "signed below it, and serve their chain beside this one, by host name.",
            )
        return _Ground(root, next_generation(settings.path(FOLDER), family), below)
    raise OperatorFault(
        f"no chain that is served here leads to a root of ours ({family}).",
        mend="Name the other family. Below another authority's root the next one is theirs: bring its chain "
        "in (`voltward ca server-install`), and serve it beside the old one, by host name.",
    )


def _leads_to(pem: bytes, root: bytes) -> bool:
    top = read_pem_bundle(pem)[-1]
    return top == root or is_signed_by(top, root)


async def _shelve(deployment: Deployment, room: Room, ready: _Ready) -> None:
    """Certificates first, and the word that they only wait; then the keys. So nobody signs by them early."""
    public, made = deployment.settings.path(FOLDER), ready.made
    named = {
        f"{role}-{made.family}.{ready.ground.generation}": one
        for role, one in ((Role.ROOT, made.root), (Role.CSMS, made.csms), (Role.STATIONS, made.stations))
    }
    for name, one in named.items():
        write_file(public / f"{name}.pem", one.pem, 0o644)
    async with signer_at_hand(deployment.settings) as signer:
        for name in named:
            await signer.set_state(name, AuthorityState.PREPARED)
    if ready.has_token:
        return
    for name, one in named.items():
        room.put(name, private_key_pem(one.key))
        write_file(public / f"{name}.pem", one.pem, 0o644)  # anew: the signer looks for keys when one moved


async def _set_states(
    deployment: Deployment,
    rotation: RootRotation,
    states: Mapping[str, AuthorityState],
    *,
    of_old: bool = False,
) -> None:
    async with signer_at_hand(deployment.settings) as signer:
        known = {one.name: one for one in await signer.authorities()}
        newest = known[f"{Role.ROOT}-{rotation.family}.{rotation.generation}"].chain[0]
        root = next((one.chain[0] for one in known.values() if one.id == rotation.old), b"")
        above = root if of_old else newest
        for one in known.values():
            role = one.name.partition(f"-{rotation.family}")[0]
            if role in states and one.chain[-1] == above:
                await signer.set_state(one.name, states[role])


def _write_roots(deployment: Deployment, *, add: bytes = b"", drop: str = "") -> None:
    path = deployment.settings.path(ROOTS_FILE)
    present: Sequence[bytes] = read_pem_bundle(path.read_bytes()) if path.exists() else ()
    roots = [der for der in present if fingerprint(der).hex() != drop]
    kept = dict.fromkeys([*roots, add] if add else roots)
    write_file(path, certificate_pem(*kept), 0o644)


def _named(der: bytes, issuer: bytes) -> NamedRoot:
    return NamedRoot(certificate_pem(der).decode("ascii"), names_of(der, issuer))

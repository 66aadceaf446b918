"""Server chains in a root rotation: switched, put back, and the old authorities retired.

    gateway/server-ecdsa.next     the chain below the new root: for a canary's host name, and for the switch
    gateway/server-ecdsa.before   the chain that was replaced, for the way back

Each order may be given again after it was cut off: files first, then the row that says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from voltward.adapters.durable_files import write_file
from voltward.adapters.vault import read_server_chain, write_server_chain
from voltward.bootstrap.authority.signer import signer_at_hand
from voltward.bootstrap.deployment import Deployment
from voltward.bootstrap.rotation.ground import leads_to
from voltward.crypto.issuing.hierarchy import (
    Role,
)
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.reading.pem import certificate_pem, read_pem_bundle
from voltward.domain.errors import OperatorFault
from voltward.lifecycles.root_rotation import ChainPutBack, ChainSwitched, RootRotation
from voltward.ports.signer import AuthorityState
from voltward.usecases.deployment.make_deployment import ROOTS_FILE
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.rotate_root import tell_rotation

NEXT: Final = ".next"
BEFORE: Final = ".before"
ISSUERS: Final = (Role.CSMS, Role.STATIONS)


def moment_of(deployment: Deployment, actor: str) -> Moment:
    """An order's."""
    return Moment(deployment.clock.now(), deployment.entropy, actor)


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
    return [name for name, pem in shown.items() if not leads_to(pem, new)]


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
    await _set_states(deployment, rotation, dict.fromkeys((Role.ROOT, *ISSUERS), AuthorityState.ACTIVE))
    await _set_states(
        deployment, rotation, dict.fromkeys((Role.ROOT, *ISSUERS), AuthorityState.RETIRED), of_old=True
    )
    write_roots(deployment, drop=rotation.old)


async def _set_states(
    deployment: Deployment,
    rotation: RootRotation,
    states: Mapping[str, AuthorityState],
    *,
    of_old: bool = False,
) -> None:
    async with signer_at_hand(deployment.settings) as signer:
        above = rotation.old if of_old else rotation.new
        for one in await signer.authorities():
            role = one.name.partition(f"-{rotation.family}")[0]
            if role in states and fingerprint(one.chain[-1]).hex() == above:
                await signer.set_state(one.name, states[role])


def write_roots(deployment: Deployment, *, add: bytes = b"", drop: str = "") -> None:
    """The bundle that stations are given, with this root (DER), or without that one (its fingerprint)."""
    path = deployment.settings.path(ROOTS_FILE)
    present: Sequence[bytes] = read_pem_bundle(path.read_bytes()) if path.exists() else ()
    roots = [der for der in present if fingerprint(der).hex() != drop]
    kept = dict.fromkeys([*roots, add] if add else roots)
    write_file(path, certificate_pem(*kept), 0o644)

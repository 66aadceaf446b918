"""The authorities that take over: made here below a root of ours, or brought by whoever has the next root.

They are told to wait before they can be anything else, so that nobody signs by them early.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import read_file, write_file
from voltward.adapters.pki.signer.authority_shelf import FOLDER, WAITING, split_name
from voltward.bootstrap.authority.authority_install import LARGEST, check_chain
from voltward.bootstrap.authority.authority_keys import AuthorityKeys, open_keys
from voltward.bootstrap.authority.signer import signer_at_hand
from voltward.bootstrap.deployment import Deployment
from voltward.bootstrap.rotation.chains import ISSUERS
from voltward.bootstrap.rotation.ground import Ground
from voltward.crypto.issuing.authority_chains import chain_for_request, split_crossed
from voltward.crypto.issuing.hierarchy import Family, Role, make_successor
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.issuing.next_family import crossed_form, make_next_family
from voltward.crypto.issuing.own_requests import read_own_request
from voltward.crypto.keys import PrivateKey
from voltward.crypto.reading.pem import request_pem
from voltward.domain.errors import OperatorFault
from voltward.ports.signer import AuthorityState
from voltward.settings import Settings

REQUEST: Final = f"{WAITING}.csr"


@dataclass(frozen=True, slots=True)
class NextAuthorities:
    """`chains` by name, as they are filed; `keys` those that are to be filed, too; `csms` signs for servers.

    `crossed`: the new root's key signed by the old one; empty where nobody made that.
    """

    generation: int
    root: bytes
    crossed: bytes
    csms: IssuingAuthority
    chains: Mapping[str, Sequence[bytes]]
    keys: Mapping[str, PrivateKey] = field(default_factory=dict[str, PrivateKey])


def make_below_our_root(
    deployment: Deployment, ground: Ground, old: IssuingAuthority, keys: AuthorityKeys
) -> NextAuthorities:
    """A new root and all below it, drawn where the keys of the old ones are; nothing is kept yet."""
    now, entropy = deployment.clock.now(), deployment.entropy
    made = make_next_family(ground.family, deployment.settings.operator.name, now, entropy, keys.source)
    named = {
        ground.name_of(role): one
        for role, one in ((Role.ROOT, made.root), (Role.CSMS, made.csms), (Role.STATIONS, made.stations))
    }
    return NextAuthorities(
        ground.generation,
        made.root.der,
        crossed_form(made.root, old, now, entropy),
        made.csms,
        {name: (one.der,) for name, one in named.items()},
        {name: one.key for name, one in named.items()},
    )


async def ask_others(deployment: Deployment, ground: Ground) -> list[Path]:
    """Keys for the next issuing CAs, and requests for the next root to answer; asked again, the same ones."""
    public, organisation = deployment.settings.path(FOLDER), deployment.settings.operator.name
    if waiting := waiting_requests(deployment.settings, ground.family):
        return waiting
    names = {role: ground.name_of(role) for role in ISSUERS}
    await hold_back(deployment, names.values())
    with open_keys(deployment.settings) as keys:
        for role, name in names.items():
            made = make_successor(name, role, ground.family, organisation, deployment.entropy, keys.source)
            keys.keep(name, made.key)
            write_file(public / f"{name}{REQUEST}", request_pem(made.request), 0o644)
    return waiting_requests(deployment.settings, ground.family)


def waiting_requests(settings: Settings, family: Family | None = None) -> list[Path]:
    """Requests of a rotation that nobody has answered yet; of all families where none is named."""
    found = sorted(settings.path(FOLDER).glob(f"*{REQUEST}"))
    return [path for path in found if family is None or _place(path)[1] == family]


def take_from_others(
    deployment: Deployment, ground: Ground, certificates: Sequence[bytes], keys: AuthorityKeys
) -> NextAuthorities:
    """What came back for the requests, up to the next root. OperatorFault where it does not fit."""
    requests = waiting_requests(deployment.settings, ground.family)
    if not requests:
        raise OperatorFault(
            "nobody was asked for these certificates.",
            mend=f"`voltward ca rotate prepare {ground.family}` writes the requests.",
        )
    others, crossed = split_crossed(certificates, ground.root)
    chains = {
        path.name.removesuffix(REQUEST): chain_for_request(read_own_request(read_file(path, LARGEST)), others)
        for path in requests
    }
    root = _next_root(chains, ground, deployment)
    (csms,) = (name for name in chains if name.startswith(Role.CSMS))
    generation = _place(requests[0])[2]
    return NextAuthorities(generation, root, crossed, keys.authority(csms, chains[csms][0]), chains)


def _next_root(chains: Mapping[str, Sequence[bytes]], ground: Ground, deployment: Deployment) -> bytes:
    missing = [name for name, chain in chains.items() if not chain]
    if missing:
        raise OperatorFault(
            f"none of these certificates is for {' or '.join(missing)}.",
            mend=f"Have public/{missing[0]}{REQUEST} signed below the next root, and name what came back.",
        )
    for name, chain in chains.items():
        check_chain(name, chain, deployment.clock.now())
    roots = {chain[-1] for chain in chains.values()}
    if len(roots) > 1:
        raise OperatorFault(
            "they lead to two roots.", mend="Have both signed below one: stations know one of each family."
        )
    if ground.root in roots:
        raise OperatorFault(
            "they lead to the root that is to go.",
            mend="Have the requests signed below the next root. Below the same one, an issuing CA gets its "
            "successor by `voltward ca replace`.",
        )
    return roots.pop()


async def hold_back(deployment: Deployment, names: Iterable[str]) -> None:
    """These authorities wait, whenever they come."""
    async with signer_at_hand(deployment.settings) as signer:
        for name in names:
            await signer.set_state(name, AuthorityState.PREPARED)


def _place(request: Path) -> tuple[Role | None, str, int]:
    return split_name(request.name.removesuffix(REQUEST)) or (None, "", 0)

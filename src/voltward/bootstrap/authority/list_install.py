"""A root's list comes over from where its key is: looked at, put where the signer finds it, journalled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voltward.adapters.durable_files import read_file, write_file
from voltward.adapters.pki.signer.authority_shelf import (
    FOLDER,
    LARGEST_LIST,
    carried_list,
    next_generation,
    read_chains,
)
from voltward.bootstrap.authority.signer import signer_at_hand
from voltward.bootstrap.deployment import Deployment
from voltward.crypto.issuing.authority_chains import is_root
from voltward.crypto.issuing.hierarchy import Family, Role
from voltward.crypto.reading.certificates import fingerprint, read_certificate
from voltward.crypto.reading.pem import certificate_pem
from voltward.crypto.revocation.foreign_lists import OF_ANOTHER, list_der, read_authority_list
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.revocation_list import ForeignList, ListHead
from voltward.ports.signer import KeyPlace

Chains = Mapping[str, tuple[bytes, ...]]  # DER, by the name of the authority that each begins with


@dataclass(frozen=True, slots=True)
class InstalledList:
    """Whose list it is, and what it says.

    `lacking`: authorities (names) that are revoked here and do not stand on it; `in_force`: the other way.
    """

    name: str
    head: ListHead
    lacking: tuple[str, ...]
    in_force: tuple[str, ...]


async def install_list(deployment: Deployment, file: Path, actor: str) -> InstalledList:
    """Take it over.

    OperatorFault for one that no root above our authorities has signed, whose key is here, that is over, or
    that is older than the one before.
    """
    public, octets = deployment.settings.path(FOLDER), read_file(file, LARGEST_LIST)
    chains = read_chains(public)
    root, found = _read(octets, chains, deployment, file)
    name = _name_of(root, chains)
    await _check(deployment, name, found.head, file)
    if not name:
        name = _new_name(public, root, chains)
        write_file(public / f"{name}.pem", certificate_pem(root), 0o644)
    write_file(carried_list(public, name), list_der(octets), 0o644)
    lacking, in_force = await _compared(deployment, root, found, chains)
    facts = {"number": str(found.head.number), "entries": found.head.entries}
    told = {**facts, "until": found.head.next_update.isoformat(), "lacking": lacking, "in_force": in_force}
    async with deployment.store.begin() as work:
        await work.journal(Event("own_list_installed", deployment.clock.now(), actor, name, told))
        await work.commit()
    return InstalledList(name, found.head, lacking, in_force)


def _read(octets: bytes, chains: Chains, deployment: Deployment, file: Path) -> tuple[bytes, ForeignList]:
    """The list, with the root that has signed it."""
    now, why = deployment.clock.now(), "is of no root above our authorities"
    for root in dict.fromkeys(der for chain in chains.values() for der in chain if is_root(der)):
        found = read_authority_list(octets, root, _known(root, chains, deployment), now)
        if isinstance(found, ForeignList):
            return root, found
        if not found.words.startswith(OF_ANOTHER):
            why = found.words
    raise OperatorFault(
        f"the list {why}.", mend="Have it signed where the root is: voltward ca root-crl.", subject=str(file)
    )


def _known(root: bytes, chains: Chains, deployment: Deployment) -> ListHead | None:
    """What is here already."""
    file = carried_list(deployment.settings.path(FOLDER), _name_of(root, chains) or "-")
    if not file.exists():
        return None
    found = read_authority_list(read_file(file, LARGEST_LIST), root, None, deployment.clock.now())
    return found.head if isinstance(found, ForeignList) else None


def _name_of(root: bytes, chains: Chains) -> str:
    """Empty: only those below it have a name here so far."""
    return next((name for name, chain in chains.items() if chain[0] == root), "")


def _new_name(public: Path, root: bytes, chains: Chains) -> str:
    family = Family.RSA if read_certificate(root).key.kind == "rsa" else Family.ECDSA
    name = f"{Role.ROOT}-{family}"
    return name if name not in chains else f"{name}.{next_generation(public, family)}"


async def _compared(
    deployment: Deployment, root: bytes, found: ForeignList, chains: Chains
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of authorities below: revoked here and not on the list, and the other way."""
    numbers, lacking, in_force = found.numbers(), list[str](), list[str]()
    async with deployment.store.read() as reading:
        for name, chain in chains.items():
            if len(chain) < 2 or chain[1] != root:
                continue
            record = await reading.issued.by_fingerprint(fingerprint(chain[0]))
            is_revoked = record is not None and record.revoked_at is not None
            is_listed = read_certificate(chain[0]).serial_number in numbers
            if is_revoked and not is_listed:
                lacking.append(name)
            elif is_listed and not is_revoked:
                in_force.append(name)
    return tuple(lacking), tuple(in_force)


async def _check(deployment: Deployment, name: str, head: ListHead, file: Path) -> None:
    now = deployment.clock.now()
    if head.next_update <= now:
        raise OperatorFault(
            f"the list is over since {head.next_update:%Y-%m-%d %H:%M} UTC.",
            mend="Sign the next one; is the clock right on the machine that signed it?",
            subject=str(file),
        )
    if not name:
        return
    async with signer_at_hand(deployment.settings) as signer:
        place = next((one.key_place for one in await signer.authorities() if one.name == name), None)
    if place is not KeyPlace.ELSEWHERE:
        raise OperatorFault(
            f"the key of {name} is here, and signs its lists.", mend="`voltward ca crl` writes them."
        )

"""Orders about our own authorities: papers, revocation lists, a lost ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import disk, make_folder, write_file
from voltward.adapters.pki.signer.authority_shelf import FOLDER, read_chains
from voltward.adapters.pki.signer.ledger_file import accept_loss
from voltward.adapters.system_clock import SystemEntropy
from voltward.bootstrap.authority.signer import signer_at_hand
from voltward.bootstrap.rooms import open_room
from voltward.crypto.reading.pem import certificate_pem
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.signer import KeyPlace, RevocationList, Signer, SignerAuthority
from voltward.ports.vault import RoomName
from voltward.settings import Settings

LISTS: Final = "crl"  # below `public/`


@dataclass(frozen=True, slots=True)
class OwnAuthorities:
    """What the signer says of its authorities, or why it says nothing."""

    authorities: Sequence[SignerAuthority] = ()
    away: str = ""


async def own_authorities(settings: Settings) -> OwnAuthorities:
    """For people: a signer that is away is a sentence, no failure."""
    try:
        async with signer_at_hand(settings) as signer:
            return OwnAuthorities(sorted(await signer.authorities(), key=lambda one: one.name))
    except (OperatorFault, OutsideFault) as fault:
        return OwnAuthorities(away=str(fault))


def export_authorities(settings: Settings, folder: Path, *, as_der: bool) -> list[Path]:
    """Certificates and chains of all our authorities, for stations and auditors; needs no key."""
    chains = read_chains(settings.path(FOLDER))
    if not chains:
        raise OperatorFault(
            "this deployment has no authority of its own.", subject=str(settings.path(FOLDER))
        )
    with disk(folder, "cannot be made"):
        folder.mkdir(parents=True, exist_ok=True)
    written = list[Path]()
    for name, chain in chains.items():
        if as_der:
            written.append(_written(folder / f"{name}.cer", chain[0]))
            continue
        written.append(_written(folder / f"{name}.pem", certificate_pem(chain[0])))
        if len(chain) > 1:
            written.append(_written(folder / f"{name}-chain.pem", certificate_pem(*chain)))
    return written


@dataclass(frozen=True, slots=True)
class WrittenList:
    """A revocation list and where it lies."""

    authority: str
    file: Path
    list: RevocationList


async def write_revocation_lists(settings: Settings, names: Iterable[str] = ()) -> list[WrittenList]:
    """The lists in force of these authorities, or of all that have one, as `public/crl/NAME.crl` (DER)."""
    wanted = set(names)
    async with signer_at_hand(settings) as signer:
        found = [one for one in await signer.authorities() if not wanted or one.name in wanted]
        missing = wanted - {one.name for one in found}
        if missing:
            raise OperatorFault(
                f"there is no authority {', '.join(sorted(missing))}.", mend="`voltward ca show` lists them."
            )
        return [
            await _write_list(signer, one, settings)
            for one in sorted(found, key=lambda one: one.name)
            if wanted or one.carried or one.key_place is not KeyPlace.ELSEWHERE
        ]


def keep_list(settings: Settings, name: str, der: bytes) -> Path:
    """As `public/crl/NAME.crl`, whole or not at all."""
    folder = settings.path(FOLDER) / LISTS
    if not folder.is_dir():
        make_folder(folder, 0o755)
    return _written(folder / f"{name}.crl", der)


async def _write_list(signer: Signer, authority: SignerAuthority, settings: Settings) -> WrittenList:
    made = await signer.revocation_list(authority.id)
    return WrittenList(authority.name, keep_list(settings, authority.name, made.der), made)


def accept_lost_ledger(settings: Settings) -> tuple[int, Path | None]:
    """Go on without what cannot be read of the signer's ledger: what is left, and the damaged file."""
    room = open_room(settings, RoomName.SIGNER)
    return accept_loss(room.folder, room, SystemEntropy())


def _written(path: Path, content: bytes) -> Path:
    write_file(path, content, 0o644)
    return path

"""A root on a machine without a network: made there, used there, and only what it signed is carried over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from voltward.adapters.deployment_site import deployment_sites
from voltward.adapters.durable_files import disk, read_file, write_file
from voltward.adapters.secret_references import resolve_reference
from voltward.adapters.system_clock import SystemClock, SystemEntropy
from voltward.adapters.vault import Room, unlock_for_new_room
from voltward.bootstrap.environment import environment
from voltward.crypto.issuing.hierarchy import Family, Role, certify_subordinate, make_root
from voltward.crypto.issuing.issuance import IssuingAuthority, read_authority
from voltward.crypto.issuing.own_requests import read_own_request
from voltward.crypto.keys import private_key_pem, read_private_key
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.ports.vault import Unlock, UnlockKind

ROOM: Final = "root"
UNLOCK: Final = f"file:{ROOM}/unlock.key"
_LARGEST: Final = 64 * 1024


def make_offline_root(folder: Path, operator_name: str, unlock: str | None) -> list[Path]:
    """Both roots, in a new folder; returns their certificates. Without a reference, a key file opens it."""
    clock, entropy = SystemClock(), SystemEntropy()
    key = Secret(entropy.token(32))
    chosen = (
        unlock_for_new_room(resolve_reference(unlock, folder, environment()))
        if unlock
        else Unlock(key, UnlockKind.KEY)
    )
    with deployment_sites(entropy)(folder) as site:
        room = site.room(ROOM, chosen)
        if unlock is None:
            site.write(f"{ROOM}/unlock.key", key.reveal(), private=True)
        for family in Family:
            root = make_root(family, operator_name, clock.now(), entropy)
            room.put(f"{Role.ROOT}-{family}", private_key_pem(root.key))
            site.write(_certificate(family), root.pem)
    return [folder / _certificate(family) for family in Family]


def sign_offline(folder: Path, requests: Sequence[Path], to: Path, unlock: str | None) -> list[Path]:
    """Certify the requests of issuing CAs (`NAME.csr`), each by its family's root: `NAME.pem`, with the root.

    Whoever runs this has seen where the requests come from: that is all that is checked of them beyond
    their own signature.
    """
    entropy, clock, room = SystemEntropy(), SystemClock(), open_vault(folder, unlock)
    make_place(to)
    written = list[Path]()
    for path in requests:
        try:
            request = read_own_request(read_file(path, _LARGEST))
        except OperatorFault as fault:
            raise OperatorFault(fault.what, mend=fault.mend, subject=str(path)) from fault
        chain = certify_subordinate(
            request, lambda family: offline_authority(folder, room, family), clock.now(), entropy
        )
        file = to / f"{path.stem}.pem"
        write_file(file, chain, 0o644)
        written.append(file)
    return written


def open_vault(folder: Path, unlock: str | None) -> Room:
    """The room of the roots' keys. Faults as it has them."""
    secret = resolve_reference(unlock or UNLOCK, folder, environment())
    return Room.open(folder / ROOM, ROOM, secret, SystemEntropy())


def make_place(to: Path) -> None:
    """A folder for what is carried over."""
    with disk(to, "cannot be made"):
        to.mkdir(parents=True, exist_ok=True)


def offline_authority(folder: Path, room: Room, family: Family) -> IssuingAuthority:
    """A root with its key."""
    pem = read_file(folder / _certificate(family), _LARGEST)
    return read_authority(pem, read_private_key(room.get(f"{Role.ROOT}-{family}")))


def _certificate(family: Family) -> str:
    return f"public/{Role.ROOT}-{family}.pem"

"""Revocation lists of roots on a machine without a network: what they say, and how they are signed.

Both roots sign each time: whoever checks a chain needs a list of its root, even an empty one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import write_file
from voltward.adapters.pki.root_memory import RevokedBelow, RootMemory, recall, remember
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.authority.offline_root import make_place, offline_authority, open_vault
from voltward.crypto.issuing.authority_chains import is_right_below
from voltward.crypto.issuing.hierarchy import Family, Role
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.revocation.revocation_lists import (
    ListTimes,
    RevokedSerial,
    revocation_entry,
    sign_revocation_list,
)
from voltward.domain.errors import OperatorFault
from voltward.ports.authority import RevocationReason

LONGEST: Final = 825  # days: a list that holds for years keeps for years that nothing more was revoked


@dataclass(frozen=True, slots=True)
class ListOrder:
    """`revoked`: certificates (DER) of authorities that the roots have signed; for `days` the lists hold."""

    revoked: Sequence[bytes] = ()
    reason: RevocationReason = RevocationReason.UNSPECIFIED
    days: int = 365


@dataclass(frozen=True, slots=True)
class OfflineList:
    """A signed list and where it lies."""

    file: Path
    number: int
    entries: int
    next_update: datetime


def sign_offline_lists(folder: Path, order: ListOrder, to: Path, unlock: str | None) -> list[OfflineList]:
    """The lists of both roots as `NAME.crl` (DER), with what is revoked now and what ever was.

    OperatorFault for a certificate that neither root has signed, or a time that is none.
    """
    if not 0 < order.days <= LONGEST:
        raise OperatorFault(
            f"{order.days} days are no time for a list.", mend=f"Give 1 to {LONGEST}: --days 365."
        )
    room, now = open_vault(folder, unlock), SystemClock().now()
    roots = {family: offline_authority(folder, room, family) for family in Family}
    below = {
        family: [der for der in order.revoked if is_right_below(der, root.der)]
        for family, root in roots.items()
    }
    _check_all_are_below(order.revoked, [der for signed in below.values() for der in signed])
    make_place(to)
    times = ListTimes.since(now, timedelta(days=order.days))
    lists = list[OfflineList]()
    for family, root in roots.items():
        memory = _with(recall(room, family), below[family], order.reason, now)
        # Before the list: its number is used once, and what was revoked is never forgotten.
        remember(room, family, memory)
        file = to / f"{Role.ROOT}-{family}.crl"
        write_file(file, sign_revocation_list(root, memory.number, _entries(memory), times), 0o644)
        lists.append(OfflineList(file, memory.number, len(memory.revoked), times.end))
    return lists


def _check_all_are_below(certificates: Sequence[bytes], below: Sequence[bytes]) -> None:
    for der in certificates:
        if der not in below:
            raise OperatorFault(
                f"neither root has signed {read_certificate(der).subject}.",
                mend="Name the certificate of an authority right below them: public/stations-ca-ecdsa.pem.",
            )


def _with(
    known: RootMemory, certificates: Sequence[bytes], reason: RevocationReason, now: datetime
) -> RootMemory:
    """The next list, and what is revoked by it; who was revoked before keeps time and reason."""
    revoked = {one.serial: one for one in known.revoked}
    for der in certificates:
        serial = read_certificate(der).serial_number
        revoked.setdefault(serial, RevokedBelow(serial, now, reason.value))
    return RootMemory(max(known.number + 1, int(now.timestamp())), tuple(revoked.values()))


def _entries(memory: RootMemory) -> Iterator[bytes]:
    for one in memory.revoked:
        yield revocation_entry(RevokedSerial(int(one.serial, 16), one.at, one.reason))

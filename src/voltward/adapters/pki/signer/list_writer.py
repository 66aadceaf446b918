"""Revocation lists, signed when they are due: begun at the desk, finished beside it.

A list is signed again when something was revoked, or half of its time is over; between, the same octets are
told. Numbers are seconds of the clock, or one more than the last: a ledger that was put back from a backup
goes on above every number that it may have used since.

What a list says is fixed at the desk, in its turn. Writing 100,000 entries takes most of a second after a
start, and signing them some hundredths ever after: that is done in a thread of its own, while the desk goes
on with the orders of others. Entries are written once, and kept.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.ledger_records import CertificateRevoked, ListNumbered
from voltward.adapters.pki.signer.signer_messages import SignedList
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.revocation import revocation_lists
from voltward.crypto.revocation.revocation_lists import (
    ListTimes,
    RevokedSerial,
    revocation_entry,
    sign_revocation_list,
)
from voltward.ports.clock import Clock

# A certificate that is over stays on the list for a while: a clock may stand behind (field note 23).
_AFTER_ITS_END: Final = 4 * revocation_lists.LIFETIME


@dataclass(slots=True)
class _Entries:
    """All entries of one authority. `taken`: records of the ledger that are written, or wait for it."""

    taken: int = 0
    waiting: deque[Sequence[CertificateRevoked]] = field(default_factory=deque[Sequence[CertificateRevoked]])
    written: list[tuple[datetime | None, bytes]] = field(default_factory=list[tuple[datetime | None, bytes]])
    turn: threading.Lock = field(default_factory=threading.Lock)

    def all(self, now: datetime) -> list[bytes]:
        """As they stand in a list made now. By whoever has the turn."""
        while self.waiting:
            self.written.extend((one.until, _entry(one)) for one in self.waiting.popleft())
        return [entry for until, entry in self.written if until is None or now < until + _AFTER_ITS_END]


@dataclass(slots=True)
class UnfinishedList:
    """A list with its number and what it has to say. `finish` may be called by anybody, in any thread."""

    authority: IssuingAuthority
    number: int
    made_at: datetime
    revoked: int
    entries: _Entries
    _made: SignedList | None = None

    @property
    def next_update(self) -> datetime:
        """Until when it holds."""
        return self.made_at + revocation_lists.LIFETIME

    def finish(self) -> SignedList:
        """The signed list: made at the first call. Faults as the key's place has them: then call again."""
        with self.entries.turn:
            if self._made is None:
                listed = self.entries.all(self.made_at)
                times = ListTimes.since(self.made_at)
                der = sign_revocation_list(self.authority, self.number, listed, times)
                self._made = SignedList(der, self.number, self.made_at, self.next_update, len(listed))
            return self._made


class ListWriter:
    """For all authorities of one ledger. One caller."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._entries: dict[str, _Entries] = {}
        self._lists: dict[str, UnfinishedList] = {}

    def forget(self) -> None:
        """What was begun last may not be in the ledger."""
        self._entries.clear()
        self._lists.clear()

    def list_in_force(self, issuer: str, authority: IssuingAuthority) -> UnfinishedList:
        """The one that there is, or the next one, with its number in the ledger."""
        now, (_, revoked) = self._clock.now(), self._ledger.counts(issuer)
        known = self._lists.get(issuer)
        if known is not None and known.revoked == revoked and now < _half(known):
            return known
        number = max(self._ledger.newest_number(issuer) + 1, int(now.timestamp()))
        entries = self._entries.setdefault(issuer, _Entries())
        entries.waiting.append(tuple(islice(self._ledger.revoked_by(issuer), entries.taken, None)))
        entries.taken = revoked
        self._ledger.append([ListNumbered(issuer, number)])
        begun = self._lists[issuer] = UnfinishedList(authority, number, now, revoked, entries)
        return begun


def _entry(one: CertificateRevoked) -> bytes:
    return revocation_entry(RevokedSerial(int(one.serial, 16), one.at, one.reason))


def _half(begun: UnfinishedList) -> datetime:
    return begun.made_at + (begun.next_update - begun.made_at) / 2

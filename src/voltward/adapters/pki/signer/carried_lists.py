"""Lists of authorities whose keys are elsewhere: signed there, carried over, and told here like our own.

One that cannot be read, that another has signed, or that is older than one that was told before, is none: the
ledger knows the highest number that ever left.
"""

from __future__ import annotations

from voltward.adapters.pki.signer.authority_shelf import ShelvedAuthority
from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.ledger_records import ListNumbered
from voltward.adapters.pki.signer.signer_messages import SignedList
from voltward.crypto.revocation.foreign_lists import UnfitList, list_der, read_authority_list
from voltward.ports.clock import Clock


class CarriedLists:
    """One per ledger. What lies there is read when it has changed."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._read: dict[str, tuple[bytes, SignedList | None]] = {}

    def newest(self, one: ShelvedAuthority) -> SignedList | None:
        """The list that may be told."""
        octets, made = self._read.get(one.id, (b"", None))
        if made is None or one.carried != octets:
            made = self._signed(one)
            self._read[one.id] = one.carried, made
        return made if made is not None and made.number >= self._ledger.newest_number(one.id) else None

    def told(self, one: ShelvedAuthority) -> SignedList | None:
        """It leaves now: none with a lower number ever follows."""
        made = self.newest(one)
        if made is not None and made.number > self._ledger.newest_number(one.id):
            self._ledger.append([ListNumbered(one.id, made.number)])
        return made

    def _signed(self, one: ShelvedAuthority) -> SignedList | None:
        if not one.carried:
            return None
        found = read_authority_list(one.carried, one.ders[0], None, self._clock.now())
        if isinstance(found, UnfitList):
            return None
        head = found.head
        number = head.number if head.number is not None else int(head.issued_at.timestamp())
        return SignedList(list_der(one.carried), number, head.issued_at, head.next_update, head.entries)

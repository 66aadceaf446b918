"""What other authorities' lists say, ready to be looked up: one dictionary, and one set of numbers.

Part of the registry in memory (ruling 9). A list never goes back here, whatever a restored store says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from voltward.crypto.reading.certificates import UnreadableCertificate, read_certificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.authority import Authority
from voltward.domain.revocation_list import ForeignList, ListHead
from voltward.rulebook.observation import CertificateSeen, ListKnown


@dataclass(frozen=True, slots=True)
class _Kept:
    list: ForeignList
    numbers: frozenset[str]


class ListsInForce:
    """The newest list of each authority that has one."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._authorities: Mapping[str, Authority] = {}
        self._fallen: frozenset[str] = frozenset()

    def about(self, authority: Authority, serial: str) -> ListKnown | None:
        """Of the certificate below this authority; None where there is no list to go by."""
        if authority.id in self._fallen:
            return ListKnown(authority_revoked=True)
        if authority.revocation_list is None:
            return None
        kept = self._kept.get(authority.id)
        if kept is None:
            return ListKnown()
        return ListKnown(kept.list.head.next_update, revoked=serial in kept.numbers)

    def put(self, taken: ForeignList) -> None:
        """Unless a newer one is here."""
        if self.lacks(taken.head):
            self._kept[taken.head.authority] = _Kept(taken, taken.numbers())
            self._look_above()

    def lacks(self, head: ListHead) -> bool:
        """Whether this one is newer than what is here."""
        kept = self._kept.get(head.authority)
        return kept is None or _age(kept.list.head) < _age(head)

    def become(self, authorities: Mapping[str, Authority]) -> None:
        """Other authorities (by id) are in force."""
        self._authorities = authorities
        self._look_above()

    def all(self) -> tuple[ForeignList, ...]:
        """To keep them."""
        return tuple(kept.list for kept in self._kept.values())

    def ends(self) -> Iterator[tuple[Authority, datetime | None]]:
        """Until when the list of each authority holds that goes by one; None: there is none yet."""
        for authority in self._authorities.values():
            if authority.revocation_list is not None:
                kept = self._kept.get(authority.id)
                yield authority, kept.list.head.next_update if kept is not None else None

    def _look_above(self) -> None:
        """Which authorities stand on the list of the one above them: computed here, not at each arrival."""
        above = dict[str, frozenset[str]]()
        for authority in self._authorities.values():
            kept = self._kept.get(authority.id)
            if kept is not None and authority.revocation_list is not None:
                above.update((one.subject, kept.numbers) for one in _certificates(authority))
        self._fallen = frozenset(
            authority.id
            for authority in (self._authorities.values() if above else ())
            if any(one.serial_number in above.get(one.issuer, ()) for one in _certificates(authority))
        )


def _age(head: ListHead) -> tuple[datetime, int]:
    """Two of the same second have numbers."""
    return head.issued_at, head.number or 0


def _certificates(authority: Authority) -> list[CertificateSeen]:
    """Its own; none where it cannot be read: nobody's path leads to it either."""
    try:
        return [read_certificate(der) for der in read_pem_bundle(authority.certificate_pem)]
    except UnreadableCertificate:
        return []

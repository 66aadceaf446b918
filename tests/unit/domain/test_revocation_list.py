from __future__ import annotations

from tests.fakes.clock import NOON
from voltward.domain.revocation_list import ForeignList, ListHead


def test_numbers_are_looked_up_as_they_are_written() -> None:
    head = ListHead("ab", 3, NOON, NOON, 2)

    assert ForeignList(head, b"7 ffa0").numbers() == {"7", "ffa0"}
    assert ForeignList(head, b"").numbers() == frozenset()

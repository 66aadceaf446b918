from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.builders import authority
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import NOON
from voltward.crypto.reading.certificates import read_certificate
from voltward.domain.authority import Authority
from voltward.domain.revocation_list import ForeignList, ListHead, ListRule
from voltward.rulebook.observation import ListKnown
from voltward.usecases.admission.lists_in_force import ListsInForce

DAY = timedelta(days=1)
RULE = ListRule("http://pki.example/1.crl")
LISTED = authority("Partner CA", revocation_list=RULE)
FREE = authority("Another CA")


def listing(of: Authority, *serials: str, number: int = 1, age: timedelta = timedelta()) -> ForeignList:
    head = ListHead(of.id, number, NOON - age, NOON + DAY, len(serials))
    return ForeignList(head, " ".join(serials).encode())


def in_force(*authorities: Authority) -> ListsInForce:
    lists = ListsInForce()
    lists.become({one.id: one for one in authorities})
    return lists


def test_an_authority_is_asked_by_its_own_list() -> None:
    lists = in_force(LISTED, FREE)
    assert lists.about(LISTED, "7") == ListKnown()

    lists.put(listing(LISTED, "7", "ff"))

    assert lists.about(LISTED, "7") == ListKnown(NOON + DAY, revoked=True)
    assert lists.about(LISTED, "70") == ListKnown(NOON + DAY)
    assert lists.about(FREE, "7") is None


def test_a_list_never_goes_back() -> None:
    lists = in_force(LISTED)
    lists.put(listing(LISTED, "7", number=5))

    for older in (listing(LISTED, number=6, age=DAY), listing(LISTED, number=4), listing(LISTED, number=5)):
        assert not lists.lacks(older.head)
        lists.put(older)

    assert lists.about(LISTED, "7") == ListKnown(NOON + DAY, revoked=True)
    lists.put(listing(LISTED, number=6))
    assert lists.about(LISTED, "7") == ListKnown(NOON + DAY)


def test_a_list_that_nobody_goes_by_any_more_says_nothing() -> None:
    lists = in_force(LISTED)
    lists.put(listing(LISTED, "7"))

    free = replace(LISTED, revocation_list=None)
    lists.become({free.id: free})

    assert lists.about(free, "7") is None
    assert list(lists.ends()) == []


def test_ends_are_told_of_all_that_go_by_one() -> None:
    other = authority("Third CA", revocation_list=RULE)
    lists = in_force(LISTED, FREE, other)
    lists.put(listing(LISTED))

    assert dict(lists.ends()) == {LISTED: NOON + DAY, other: None}


def test_an_authority_on_the_list_above_it_has_fallen() -> None:
    root = MadeAuthority.create("Corporate root")
    issuing = MadeAuthority.create("Corporate issuing", parent=root)
    above = _trusted(root, revocation_list=RULE)
    below = _trusted(issuing)
    lists = in_force(above, below)
    lists.put(listing(above, read_certificate(issuing.der).serial_number))

    assert lists.about(below, "7") == ListKnown(authority_revoked=True)
    assert lists.about(above, "7") == ListKnown(NOON + DAY)


def _trusted(made: MadeAuthority, **changes: object) -> Authority:
    seen = read_certificate(made.der)
    facts = {"id": seen.fingerprint.hex(), "certificate_pem": made.certificate_pem, **changes}
    return authority(seen.subject, **facts)

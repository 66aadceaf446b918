from __future__ import annotations

from datetime import timedelta

from tests.unit.simulator.certificate_play import DAY, issuing
from tests.unit.simulator.station_play import T0
from voltward.simulator.certificates import KeyKind, Subject, Validity, new_key
from voltward.simulator.memory.key_box import KEPT_REQUESTS, Choice, Held, KeyBox, Pending
from voltward.simulator.memory.uses import CertificateUse


def held(first: int, last: int, use: CertificateUse = CertificateUse.STATION) -> Held:
    """Valid from and until so many days from T0."""
    return Held(use, issuing().issue(Subject("SN-1", "X"), Validity(T0 + first * DAY, T0 + last * DAY)))


def test_each_rule_chooses_another_certificate() -> None:
    longest, newest, last = held(-20, 100), held(-5, 50), held(-10, 20)
    box = KeyBox([longest, newest, last, held(-1, 400, CertificateUse.V2G)])

    assert box.choose(Choice.LAST_INSTALLED, T0) is last
    assert box.choose(Choice.NEWEST, T0) is newest
    assert box.choose(Choice.LAST_TO_END, T0) is longest
    assert KeyBox().choose(Choice.NEWEST, T0) is None


def test_the_newest_is_one_that_has_begun_and_not_ended_where_there_is_one() -> None:
    future, ended, current = held(1, 50), held(-3, -1), held(-10, 10)

    assert KeyBox([current, ended, future]).choose(Choice.NEWEST, T0) is current
    assert KeyBox([ended]).choose(Choice.NEWEST, T0) is ended


def test_equal_ones_go_by_their_order() -> None:
    first, second = held(-1, 10), held(-1, 10)

    assert KeyBox([first, second]).choose(Choice.NEWEST, T0) is second


def test_so_many_requests_are_kept_and_each_knows_its_certificate() -> None:
    box = KeyBox()
    keys = [new_key(KeyKind.EC) for _ in range(KEPT_REQUESTS + 1)]
    for number, key in enumerate(keys):
        box.ask(Pending(CertificateUse.STATION, key, number))
    box.ask(Pending(CertificateUse.V2G, new_key(KeyKind.EC)))
    certificate = held(-1, 1)
    box.ask(Pending(CertificateUse.STATION, certificate.issued.key, 9))

    assert not box.knows_number(0)
    assert box.knows_number(4)
    found = box.match(certificate.leaf, None)
    assert found is not None
    assert (found.use, found.number) == (CertificateUse.STATION, 9)
    assert box.match(certificate.leaf, CertificateUse.V2G) is None


def test_a_certificate_ends_the_requests_of_its_use_and_replaces_one_for_vehicles() -> None:
    box = KeyBox([held(-5, 5, CertificateUse.V2G), held(-5, 5)])
    box.ask(Pending(CertificateUse.V2G, new_key(KeyKind.EC)))
    box.ask(Pending(CertificateUse.STATION, new_key(KeyKind.EC)))
    box.install(held(-1, 5, CertificateUse.V2G))
    box.install(held(-1, 5))

    assert [one.use for one in box.held] == [
        CertificateUse.STATION,
        CertificateUse.V2G,
        CertificateUse.STATION,
    ]
    assert box.pending == []


def test_a_success_drops_the_others_at_once_or_when_they_were_replaced_long_ago() -> None:
    old, new = held(-50, 50), held(-1, 50)
    box = KeyBox([old, new])
    box.worked(new, T0, timedelta(days=30))
    assert box.held == [old, new]
    box.worked(new, T0 + 29 * DAY, timedelta(days=30))
    assert box.held == [new]

    box = KeyBox([old, new])
    box.worked(new, T0, None)
    assert (box.held, box.in_use) == ([new], new)


def test_what_is_discarded_is_not_in_use_any_more() -> None:
    only = held(-1, 1)
    box = KeyBox([only], in_use=only)
    box.discard(only)

    assert (box.held, box.in_use) == ([], None)

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.acquaintance import KEPT_MANNERS, Acquaintance, Habits, Manner, Wanting
from voltward.domain.enforcement import Answer
from voltward.domain.station import StationId

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MANNER = Manner(2, "password (text)", "ocpp1.6", "192.0.2.7", "TLSv1.2", "AES128-GCM-SHA256")
NEW = Acquaintance(StationId("CP001"), NOON)
WRONG = Wanting(NOON, Answer.REFUSE, "AUTH-02", "the password is none of this station's")


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_one_manner_is_one_row_with_its_first_and_last_time_and_a_count() -> None:
    known = NEW.met(at(0), MANNER, None).met(at(5), MANNER, None, count=3)

    (seen,) = known.manners
    assert (seen.first_seen, seen.last_seen, seen.count) == (at(0), at(5), 4)
    assert known.last_seen == at(5)


def test_the_manner_that_was_not_seen_for_the_longest_falls_out() -> None:
    known = NEW
    for minute in range(KEPT_MANNERS):
        known = known.met(at(minute), replace(MANNER, source=f"192.0.2.{minute}"), None)
    known = known.met(at(90), replace(MANNER, source="192.0.2.0"), None)

    known = known.met(at(91), replace(MANNER, source="198.51.100.1"), None)

    sources = [seen.manner.source for seen in known.manners]
    assert len(sources) == KEPT_MANNERS
    assert "192.0.2.1" not in sources
    assert sources[-2:] == ["192.0.2.0", "198.51.100.1"]


def test_who_came_by_right_the_last_time_is_ready() -> None:
    wanting = NEW.met(at(1), MANNER, replace(WRONG, at=at(1)))
    mended = wanting.met(at(2), MANNER, None)

    assert (wanting.is_ready, mended.is_ready) == (False, True)
    assert mended.wanting is not None  # it stays told
    assert not mended.met(at(3), MANNER, replace(WRONG, at=at(3))).is_ready
    assert not NEW.is_ready


def test_what_a_link_did_not_show_stays_as_it_was_known() -> None:
    known = NEW.learnt(Habits(at(1), clock_skew=90.0)).learnt(Habits(at(2), answers_pings=False))

    assert known.habits == Habits(at(2), clock_skew=90.0, answers_pings=False)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.booleans()), max_size=60))
def test_it_stays_bounded_and_its_manners_in_their_order(meetings: list[tuple[int, int, bool]]) -> None:
    known = NEW
    for minute, (source, _, right) in enumerate(meetings):
        manner = replace(MANNER, source=str(source))
        known = known.met(at(minute), manner, None if right else replace(WRONG, at=at(minute)))

    times = [seen.last_seen for seen in known.manners]
    assert len(times) <= KEPT_MANNERS
    assert times == sorted(times)
    assert known.is_ready == bool(meetings and meetings[-1][2])

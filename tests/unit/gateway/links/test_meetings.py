from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.fakes.links import Hall, facts_put
from voltward.domain.acquaintance import Habits
from voltward.domain.enforcement import Answer, Would
from voltward.domain.finding import Outcome, Verdict
from voltward.domain.station import StationId
from voltward.domain.station_fact import HabitsTold, Met
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.meetings import TOLD_AGAIN, Meetings, manner_of


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


def met(hall: Hall) -> list[Met]:
    return [fact for fact in facts_put(hall.duties) if isinstance(fact, Met)]


def indulged(judgement: Judgement) -> Judgement:
    wrong = Verdict("AUTH-02", Outcome.FAIL, "x" * 1000)
    decision = replace(judgement.decision, deciding=wrong, would=Would(Answer.REFUSE))
    return replace(judgement, decision=decision)


async def test_a_first_meeting_is_told_and_the_same_again_only_after_an_hour_with_its_count(
    hall: Hall,
) -> None:
    meetings, judgement = hall.duties.meetings, await hall.judge()
    for _ in range(4):
        meetings.met(judgement, "ocpp1.6")
    hall.made.clock.leap(TOLD_AGAIN)
    meetings.met(judgement, "ocpp1.6")

    assert [fact.count for fact in met(hall)] == [1, 4]
    assert met(hall)[0].wanting is None
    assert met(hall)[0].is_registered


async def test_after_a_reload_the_same_is_news_once(hall: Hall) -> None:
    meetings, judgement = hall.duties.meetings, await hall.judge()
    for _ in range(3):
        meetings.met(judgement, "ocpp1.6")
    hall.made.clock.leap(1)
    meetings.are_news()
    for _ in range(3):
        hall.made.clock.leap(1)
        meetings.met(judgement, "ocpp1.6")

    assert [fact.count for fact in met(hall)] == [1, 3]


async def test_another_manner_or_another_verdict_is_news(hall: Hall) -> None:
    meetings, judgement = hall.duties.meetings, await hall.judge()
    meetings.met(judgement, "ocpp1.6")
    meetings.met(judgement, "ocpp2.0.1")
    meetings.met(indulged(judgement), "ocpp2.0.1", csms_took_header=True)

    assert [fact.manner.subprotocol for fact in met(hall)] == ["ocpp1.6", "ocpp2.0.1", "ocpp2.0.1"]
    wanting = met(hall)[-1].wanting
    assert wanting is not None
    assert (wanting.would, wanting.control, wanting.csms_took_header) == (Answer.REFUSE, "AUTH-02", True)
    assert len(wanting.detail) == 255


async def test_a_manner_is_what_was_negotiated_and_shown(hall: Hall) -> None:
    manner = manner_of(await hall.judge(), "ocpp1.6")

    assert (manner.profile, manner.credential, manner.tls, manner.key_group) == (
        3, "certificate", "TLSv1.3", "x25519",
    )  # fmt: skip
    assert manner.server_name == "csms.example"


async def test_habits_are_told_when_they_are_news(hall: Hall) -> None:
    meetings, judgement = hall.duties.meetings, await hall.judge()
    meetings.met(judgement, "ocpp1.6")
    now, station = hall.made.clock.now(), judgement.station
    for habits in (
        Habits(now),
        Habits(now, clock_skew=100.0),
        Habits(now, clock_skew=130.0),
        Habits(now, clock_skew=-5.0, ping_seconds=60.0),
        Habits(now, ping_seconds=61.0, answers_pings=True),
        Habits(now, ping_seconds=61.0, answers_pings=True),
        Habits(now, ping_seconds=240.0),
    ):
        meetings.showed(station, habits)

    told = [fact.habits for fact in facts_put(hall.duties) if isinstance(fact, HabitsTold)]
    assert told == [
        Habits(now, clock_skew=100.0),
        Habits(now, clock_skew=-5.0, ping_seconds=60.0),
        Habits(now, ping_seconds=61.0, answers_pings=True),
        Habits(now, ping_seconds=240.0),
    ]


async def test_habits_of_somebody_who_was_never_met_are_nobodys(hall: Hall) -> None:
    Meetings(hall.duties.facts, hall.made.clock).showed(StationId("X"), Habits(hall.made.clock.now(), 5.0))

    assert facts_put(hall.duties) == []

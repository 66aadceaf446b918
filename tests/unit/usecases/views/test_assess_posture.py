from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.acquaintance import Acquaintance, Wanting
from voltward.domain.enforcement import Answer
from voltward.domain.station import Standing, StationId
from voltward.rulebook.catalogue import load_rulebook
from voltward.usecases.views.assess_posture import DoorPosture, Readiness, assess_door, by_control

BOOK = load_rulebook()
LATER = NOON + timedelta(days=1)
WRONG = Wanting(
    LATER, Answer.REFUSE, "AUTH-02", "the password is none of this station's", csms_took_header=True
)
UNKNOWN = replace(WRONG, control="ID-02", detail="no station of this identity is registered")


async def fleet(store: SqlStore) -> None:
    """One of each kind."""
    await put(
        store,
        station("GOOD", group="field"),
        station("WRONG", group="field"),
        station("MENDED", group="field"),
        station("NEVER", group="field"),
        station("SINCE", group="field", created_at=LATER + timedelta(hours=1)),
        station("GONE", group="field", standing=Standing.RETIRED),
        station("ELSEWHERE"),
    )
    known = [
        Acquaintance(StationId("GOOD"), NOON, LATER),
        Acquaintance(StationId("WRONG"), NOON, NOON, WRONG),
        Acquaintance(StationId("MENDED"), NOON, LATER + timedelta(hours=1), WRONG),
        Acquaintance(StationId("SINCE"), NOON, None, UNKNOWN),
        Acquaintance(StationId("GONE"), NOON, None, WRONG),
        Acquaintance(StationId("ELSEWHERE"), NOON, None, replace(WRONG, control="TLS-01")),
        Acquaintance(StationId("STRANGER"), NOON, None, UNKNOWN),
    ]
    async with store.begin() as work:
        await work.acquaintances.put(known)
        await work.commit()


def readiness(posture: DoorPosture) -> dict[str, Readiness]:
    return {str(finding.station): finding.readiness for finding in posture.findings}


async def test_the_findings_are_those_that_would_be_turned_away(store: SqlStore) -> None:
    await fleet(store)

    posture = await assess_door(store, BOOK)

    assert readiness(posture) == {
        "ELSEWHERE": Readiness.NOT_READY,
        "WRONG": Readiness.NOT_READY,
        "STRANGER": Readiness.NOT_REGISTERED,
    }
    assert not posture.is_ready
    assert posture.counts["field"] == {Readiness.READY: 2, Readiness.NOT_READY: 1, Readiness.NEVER_SEEN: 2}


async def test_a_finding_says_what_it_would_be_why_and_what_to_do(store: SqlStore) -> None:
    await fleet(store)

    (wrong,) = [f for f in (await assess_door(store, BOOK)).findings if f.station.identity == "WRONG"]

    assert (wrong.would, wrong.control, wrong.detail) == ("refuse", "AUTH-02", WRONG.detail)
    assert (wrong.title, wrong.remedy) == (BOOK.by_id["AUTH-02"].title, BOOK.by_id["AUTH-02"].remedy)
    assert (wrong.last_seen, wrong.csms_took_header) == (LATER, True)
    assert wrong.as_facts()["readiness"] == "not ready"


async def test_a_group_is_looked_at_alone_and_everyone_can_be_listed(store: SqlStore) -> None:
    await fleet(store)

    posture = await assess_door(store, BOOK, "field", everyone=True)

    assert readiness(posture) == {
        "GOOD": Readiness.READY,
        "MENDED": Readiness.READY,
        "NEVER": Readiness.NEVER_SEEN,
        "SINCE": Readiness.NEVER_SEEN,
        "WRONG": Readiness.NOT_READY,
    }


async def test_who_was_never_seen_is_no_finding_and_is_counted(store: SqlStore) -> None:
    await put(store, station())

    posture = await assess_door(store, BOOK)

    assert posture.is_ready
    assert posture.counts["default"] == {Readiness.NEVER_SEEN: 1}


async def test_what_keeps_most_stations_back_is_told_first(store: SqlStore) -> None:
    await fleet(store)
    async with store.begin() as work:
        await work.acquaintances.put([Acquaintance(StationId("NEVER"), NOON, None, WRONG)])
        await work.commit()

    told = [(control, number) for control, _, _, number in by_control(await assess_door(store, BOOK))]

    assert told[0] == ("AUTH-02", 2)
    assert {control for control, _ in told} == {"AUTH-02", "TLS-01", "ID-02"}


@pytest.mark.parametrize("control", ["AUTH-02", "GONE-99"])
async def test_a_control_that_this_version_does_not_have_any_more_is_told_by_its_id(
    store: SqlStore, control: str
) -> None:
    await put(store, station())
    async with store.begin() as work:
        await work.acquaintances.put(
            [Acquaintance(StationId("CP001"), NOON, None, replace(WRONG, control=control))]
        )
        await work.commit()

    (finding,) = (await assess_door(store, BOOK)).findings

    assert finding.control == control
    assert bool(finding.remedy) == (control in BOOK.by_id)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes.builders import event, password_credential, station
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.station import Standing, StationId
from voltward.rulebook.catalogue import load_rulebook
from voltward.usecases.views.explain_station import Explanation, explain_station

BOOK = load_rulebook()
REFUSED = event(
    "station_refused",
    control="AUTH-02",
    reason="wrong password",
    source="192.0.2.7",
    profile=2,
    tls="TLSv1.3",
)
ADMITTED = event(
    "station_admitted", source="192.0.2.7", profile=2, tls="TLSv1.3", credential="password (text)"
)


async def tell(store: SqlStore, *events: Event) -> None:
    async with store.begin() as work:
        for happened in events:
            await work.journal(happened)
        await work.commit()


async def explain(store: SqlStore, identity: str = "CP001", now: datetime = NOON) -> Explanation:
    return await explain_station(store, store.journal_reader(), BOOK, StationId(identity), FakeClock(now))


def words(explained: Explanation) -> str:
    return "\n".join(explained.lines())


async def test_a_refusal_is_explained_with_its_control_and_what_to_do(store: SqlStore) -> None:
    await put(store, station())
    await tell(store, REFUSED)

    explained = await explain(store, now=NOON + timedelta(minutes=5))

    text = words(explained)
    assert "Last handshake 5 minutes ago (2026-11-22 12:00 UTC): refused, from 192.0.2.7" in text
    assert f"Decided by AUTH-02 ({BOOK.by_id['AUTH-02'].title}): wrong password." in text
    assert f"What to do: {BOOK.by_id['AUTH-02'].remedy}" in text
    facts = explained.as_facts()
    assert (facts["answer"], facts["control"], facts["reason"]) == ("refused", "AUTH-02", "wrong password")


async def test_an_admitted_station_needs_nothing(store: SqlStore) -> None:
    await put(store, station(), password_credential(proven_at=NOON))
    await tell(store, ADMITTED)

    text = words(await explain(store))

    assert text.startswith("CP001: profile 2, floor 2, active, proven.")
    assert "admitted, from 192.0.2.7, profile 2, TLSv1.3, with password (text)" in text
    assert "What to do: Nothing: it was let in." in text


async def test_a_link_that_was_ended_since_is_no_good_news(store: SqlStore) -> None:
    await put(store, station())
    cut = event("link_revoked", control="CERT-04")
    await tell(store, ADMITTED, replace(cut, at=NOON + timedelta(minutes=1)))

    text = words(await explain(store, now=NOON + timedelta(minutes=2)))

    assert (
        f"Its link was ended 1 minute ago (2026-11-22 12:01 UTC), by CERT-04 ({BOOK.by_id['CERT-04'].title})"
        in text
    )
    assert f"What to do: {BOOK.by_id['CERT-04'].remedy}" in text
    await tell(store, replace(ADMITTED, at=NOON + timedelta(minutes=3)))
    assert "Its link was ended" not in words(await explain(store, now=NOON + timedelta(minutes=4)))


async def test_the_last_good_day_is_told_beside_todays_refusal(store: SqlStore) -> None:
    await put(store, station())
    await tell(store, ADMITTED, replace(REFUSED, at=NOON + timedelta(days=2)))

    explained = await explain(store, now=NOON + timedelta(days=2))

    assert explained.last_admitted is not None
    assert "It was last let in 2 days ago (2026-11-22 12:00 UTC)" in words(explained)


async def test_repeated_refusals_are_told_with_their_count(store: SqlStore) -> None:
    await put(store, station())
    await tell(store, event("station_refused", count=41, control="AUTH-02", source="192.0.2.7"))

    assert "It was refused 41 times in that minute for the same reason." in words(await explain(store))


async def test_refusals_counted_before_it_was_let_in_are_not_its_last_handshake(store: SqlStore) -> None:
    counted = event(
        "station_refused",
        count=2,
        control="AUTH-02",
        source="192.0.2.7",
        tls="TLSv1.3",
        last_at=(NOON - timedelta(seconds=30)).isoformat(),
    )
    await put(store, station())
    await tell(store, ADMITTED, replace(counted, at=NOON + timedelta(seconds=20)))

    text = words(await explain(store, now=NOON + timedelta(minutes=5)))

    assert "Last handshake 5 minutes ago (2026-11-22 12:00 UTC): admitted" in text
    assert "What to do: Nothing: it was let in." in text


async def test_a_station_that_never_knocked_is_looked_for_elsewhere(store: SqlStore) -> None:
    await put(store, station())

    explained = await explain(store)

    assert "It has not knocked since this deployment was made." in words(explained)
    assert "power and network" in explained.advice
    assert explained.as_facts()["answer"] is None


async def test_a_stranger_that_knocked_is_explained_too(store: SqlStore) -> None:
    await tell(store, event("station_refused", "CP-X", control="ID-02", source="192.0.2.9"))

    explained = await explain(store, "CP-X")

    assert words(explained).startswith("CP-X: nobody registered this identity.")
    assert explained.as_facts()["registered"] is False
    assert explained.advice == BOOK.by_id["ID-02"].remedy


async def test_nobody_is_explained_who_is_neither_registered_nor_knocked(store: SqlStore) -> None:
    with pytest.raises(OperatorFault, match="no such station"):
        await explain(store, "CP-X")


async def test_an_order_to_quarantine_is_told_with_its_end(store: SqlStore) -> None:
    await put(store, station(standing=Standing.QUARANTINED, note="odd traffic"))
    await tell(store, event("station_quarantined", control="STN-02", source="192.0.2.7"))

    text = words(await explain(store))

    assert "quarantined (odd traffic), not yet proven" in text
    assert "voltward station release" in text


async def test_other_events_are_told_and_decide_nothing(store: SqlStore) -> None:
    await put(store, station())
    await tell(store, ADMITTED, event("message_blocked", control="CMD-02"))

    explained = await explain(store)

    assert explained.last == ADMITTED
    assert [told.kind for told in explained.recent] == ["station_admitted", "message_blocked"]
    assert "message_blocked  control=CMD-02" in words(explained)


async def test_no_more_than_the_latest_events_are_told(store: SqlStore) -> None:
    await put(store, station())
    await tell(store, *(event("message_blocked", control=f"N-{n}") for n in range(20)))

    recent: Sequence[Event] = (await explain(store)).recent

    assert [told.facts["control"] for told in recent] == [f"N-{n}" for n in range(12, 20)]


@pytest.mark.parametrize(
    ("seconds", "ago"),
    [
        (-5, "0 s ago (12:00:00 UTC)"),
        (59, "59 s ago"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (86400, "1 day ago"),
    ],
)
async def test_times_are_told_in_words(store: SqlStore, seconds: int, ago: str) -> None:
    await put(store, station())
    await tell(store, REFUSED)

    assert f"Last handshake {ago}" in words(await explain(store, now=NOON + timedelta(seconds=seconds)))

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.builders import exception, password_credential, station
from tests.fakes.clock import NOON
from tests.fakes.stores import entry_of, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import Credential, Password
from voltward.domain.station import StationId
from voltward.usecases.views.selection import Selection
from voltward.usecases.views.weak_stations import list_weak_stations, station_finding


def short(identity: str, **changes: object) -> Credential:
    row = password_credential(identity, **changes)
    assert isinstance(row.proof, Password)
    return replace(row, proof=replace(row.proof, length=8))


async def test_weak_stations_are_listed_with_what_they_are_excepted_from(store: SqlStore) -> None:
    one = {"sharing_digest": b"one"}
    await put(store, station("CP001"), station("CP002", group="b"), station("CP003"))
    await put(store, short("CP001", **one), password_credential("CP002", **one), password_credential("CP003"))
    until = NOON + timedelta(days=1)
    async with store.begin() as work:
        await work.exceptions.save(StationId("CP001"), exception("AUTH-03", until=until))
        await work.commit()

    findings = await list_weak_stations(store)

    assert [(f.entry.station.id.identity, [w.control for w in f.weaknesses]) for f in findings] == [
        ("CP001", ["AUTH-03", "AUTH-11"]),
        ("CP002", ["AUTH-11"]),
    ]
    assert findings[0].excepted_until("AUTH-03", NOON) == until
    assert findings[0].excepted_until("AUTH-03", until) is None
    assert findings[0].excepted_until("AUTH-11", NOON) is None
    # Sharing is looked for in the whole fleet, whatever part of it is listed.
    assert len(await list_weak_stations(store, Selection(group="b"))) == 1
    assert await list_weak_stations(store, Selection(tenant="acme")) == []


async def test_one_station_is_told_the_same(store: SqlStore) -> None:
    await put(store, station(), station("CP002"), short("CP001", sharing_digest=b"one"))
    assert [w.control for w in (await station_finding(store, await entry_of(store))).weaknesses] == [
        "AUTH-03"
    ]
    await put(store, password_credential("CP002", sharing_digest=b"one"))
    finding = await station_finding(store, await entry_of(store))
    assert [w.control for w in finding.weaknesses] == ["AUTH-03", "AUTH-11"]

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.fakes.builders import certificate_credential, station
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.acquaintance import Acquaintance, Manner
from voltward.domain.station import StationId
from voltward.usecases.lifecycles.old_certificates import end_of_old_certificate

CP001 = StationId("CP001")
HOUR = timedelta(hours=1)


async def end(store: SqlStore, *spoken: str, not_after: datetime | None = None) -> datetime:
    """For a station that came in with these versions, one after the other."""
    known = Acquaintance(CP001, NOON)
    for number, subprotocol in enumerate(spoken):
        known = known.met(NOON + number * HOUR, Manner(3, "certificate", subprotocol, "192.0.2.1/32"), None)
    await put(store, station())
    async with store.begin() as work:
        await work.acquaintances.put([known] if spoken else [])
        await work.commit()
    async with store.read() as reading:
        return await end_of_old_certificate(reading, certificate_credential(not_after=not_after), NOON)


@pytest.mark.parametrize(
    ("spoken", "days"),
    [
        ((), 30),
        (("ocpp1.6",), 30),
        (("ocpp2.0.1",), 30),
        (("ocpp2.1",), 7),
        (("ocpp1.6", "ocpp2.1"), 7),
        (("ocpp2.1", "ocpp2.0.1"), 30),
        (("a vendor's",), 30),
    ],
)
async def test_the_newest_edition_keeps_an_old_certificate_for_a_week(
    store: SqlStore, spoken: tuple[str, ...], days: int
) -> None:
    assert await end(store, *spoken) == NOON + timedelta(days=days)


async def test_what_ends_sooner_ends_as_before(store: SqlStore) -> None:
    assert await end(store, "ocpp2.1", not_after=NOON + HOUR) == NOON + HOUR

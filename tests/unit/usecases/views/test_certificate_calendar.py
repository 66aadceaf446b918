from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import authority, certificate_credential, issued_certificate, renewal, station
from tests.fakes.certificates import Authority
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.usecases.views.certificate_calendar import (
    dark_days,
    lifecycles_of,
    list_certificates,
    open_lifecycles,
)

CP001 = StationId("CP001")
CA = Authority.create("Test CA")


@pytest.fixture
async def stored(store: SqlStore) -> SqlStore:
    """CP001 uses one certificate and has another; CP002 uses its own, and is being renewed."""
    await put(store, station(), station("CP002"), authority(certificate_pem=CA.certificate_pem))
    await put(store, certificate_credential(proven_at=NOON), certificate_credential("CP002", proven_at=NOON))
    later = NOON + timedelta(days=100)
    async with store.begin() as work:
        await work.issued.save(issued_certificate())
        await work.issued.save(issued_certificate(fingerprint=b"2" * 32, order="o2", not_after=later))
        await work.issued.save(issued_certificate("CP002"))
        await work.issued.save(issued_certificate(None, revoked_at=NOON))
        await work.lifecycles.save(renewal("CP002"))
        await work.commit()
    return store


async def test_what_is_used_and_what_is_done_about_it_is_told(stored: SqlStore) -> None:
    lines = await list_certificates(stored, NOON)

    assert [
        (str(line.issued.station), line.is_used, line.renewal is not None) for line in lines if line.is_used
    ] == [
        (str(line.issued.station), True, str(line.issued.station) == "CP002")
        for line in lines
        if line.is_used
    ]
    assert sorted(str(line.issued.station) for line in lines if line.is_used) == ["CP001", "CP002"]
    assert len(lines) == 3


async def test_those_that_end_in_time_and_those_of_a_station(stored: SqlStore) -> None:
    soon = await list_certificates(stored, NOON, before=NOON + timedelta(days=91))
    assert len(soon) == 2
    assert len(await list_certificates(stored, NOON, station=CP001)) == 2
    with pytest.raises(OperatorFault):
        await list_certificates(stored, NOON, station=StationId("CP404"))


async def test_days_on_which_something_goes_dark(stored: SqlStore) -> None:
    days = await dark_days(
        stored, NOON, {"server certificate server-ecdsa": Authority.create("Root").certificate_pem}
    )

    assert [(day.stations, day.what.partition(" ")[0]) for day in days] == [
        (2, "certificates"),
        (0, "authority"),
        (0, "server"),
    ]
    assert days[0].at == (NOON + timedelta(days=90)).replace(hour=0)


async def test_what_is_under_way_is_found(stored: SqlStore) -> None:
    assert [str(each.station) for each in await open_lifecycles(stored, ["renewal", "other"])] == ["CP002"]
    assert await lifecycles_of(stored, CP001) == []
    assert replace(renewal("CP002"), revision=1) == (await lifecycles_of(stored, StationId("CP002")))[0]

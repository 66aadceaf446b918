from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes.builders import password_credential, station
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.spools import MemorySpool
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import AnchorMoved, CameBack, Connected, SerialTold, StationFact
from voltward.gateway.upkeep.facts import KEPT, FactWriter
from voltward.gateway.upkeep.outbox import Outbox
from voltward.usecases.admission.admission_registry import AdmissionRegistry

P1, P2, _ = SecurityProfile
CP1 = StationId("CP001")
CAME = Connected(CP1, NOON, P2, "192.0.2.7")


class Desk:
    def __init__(self) -> None:
        self.registry = AdmissionRegistry()
        self.registry.put_station(StationEntry(station(floor=P1), (password_credential(),)))
        self.spool = MemorySpool()
        self.outbox = Outbox(self.spool, FakeClock())
        self.facts = FactWriter(self.registry, self.outbox)

    async def told(self) -> list[StationFact]:
        await self.outbox.flush()
        return list(await self.spool.facts())


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_fact_is_known_at_once_and_on_its_way(desk: Desk) -> None:
    desk.facts.put(CAME)

    entry = desk.registry.lookup(CP1, NOON)
    assert entry is not None
    assert entry.station.known_sources == ("192.0.2.7",)
    assert await desk.told() == [CAME]


async def test_what_is_known_is_not_told_again(desk: Desk) -> None:
    desk.facts.put(CAME)
    desk.facts.put(replace(CAME, at=NOON.replace(hour=13)))

    assert await desk.told() == [CAME]


async def test_nothing_is_told_of_a_station_that_is_not_registered(desk: Desk) -> None:
    desk.facts.put(replace(CAME, station=StationId("CP002")))

    assert await desk.told() == []


async def test_a_serial_is_told_once_and_decided_by_the_store(desk: Desk) -> None:
    desk.registry.put_station(StationEntry(station(serial=None)))
    told = SerialTold(CP1, NOON, "SN-9")
    desk.facts.put(told)
    desk.facts.put(told)

    entry = desk.registry.lookup(CP1, NOON)
    assert entry is not None
    assert entry.station.serial is None
    assert await desk.told() == [told]


def test_too_many_facts_that_wait_stop_admissions(desk: Desk) -> None:
    desk.registry.learnt = KEPT - 1
    assert not desk.facts.is_full

    desk.facts.put(CAME)

    assert desk.facts.is_full


async def test_what_a_life_cycle_waits_for_is_on_disk_when_somebody_waits_for_that(desk: Desk) -> None:
    back = CameBack(CP1, NOON, b"f")

    desk.facts.tell(back)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(desk.facts.tell_for_sure(AnchorMoved(CP1, NOON, None)))
        await asyncio.sleep(0)
        assert not waiting.done()
        await desk.outbox.flush()

    (record,) = await desk.spool.next(10)
    assert record.entries == (back, AnchorMoved(CP1, NOON, None))

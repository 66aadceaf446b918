from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.fakes.builders import event
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.spools import MemorySpool
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_fact import Connected
from voltward.gateway.upkeep.outbox import Outbox, OutboxPace
from voltward.ports.spool import Spooled

FACT = Connected(StationId("CP001"), NOON, SecurityProfile.TLS_BASIC, "192.0.2.7")
QUICK = OutboxPace(full_at=3, record=2, gather=0.001, retry=0.001, wait=0.02)
PATIENT = OutboxPace(record=3, gather=60)


def outbox_on(spool: MemorySpool, pace: OutboxPace = QUICK) -> Outbox:
    return Outbox(spool, FakeClock(), pace)


@asynccontextmanager
async def running(outbox: Outbox) -> AsyncIterator[None]:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        loop = group.create_task(outbox.run())
        yield
        loop.cancel()


def kinds(records: Sequence[Spooled]) -> list[str]:
    return [e.kind if isinstance(e, Event) else "fact" for record in records for e in record.entries]


async def test_what_comes_together_is_written_together() -> None:
    spool = MemorySpool()
    outbox = outbox_on(spool, PATIENT)
    async with running(outbox):
        for number in range(3):  # the third one ends the waiting
            outbox.append(event(f"row_{number}"))
        await outbox.news(10)

    assert [kinds([record]) for record in spool.records] == [["row_0", "row_1", "row_2"]]


async def test_a_row_that_somebody_waits_for_waits_for_no_company_and_is_written_for_sure() -> None:
    spool = MemorySpool()
    outbox = outbox_on(spool, PATIENT)
    async with running(outbox):
        await outbox.append_and_wait(event("security_event_reported"))

    assert (kinds(spool.records), spool.surely) == (["security_event_reported"], [True])


async def test_facts_are_written_for_sure_and_rows_alone_are_not() -> None:
    spool = MemorySpool()
    outbox = outbox_on(spool)
    outbox.append(event())
    await outbox.flush()
    outbox.put(FACT)
    await outbox.flush()

    assert spool.surely == [False, True]


async def test_what_is_spooled_can_be_carried_until_it_has_arrived() -> None:
    outbox = outbox_on(MemorySpool())
    outbox.append(event("row"))
    assert await outbox.next(9) == []
    await outbox.flush()

    records = await outbox.next(9)
    assert kinds(await outbox.next(9)) == kinds(records) == ["row"]
    assert outbox.waiting == 1
    await outbox.arrived(records)

    assert (await outbox.next(9), outbox.waiting) == ([], 0)


async def test_a_disk_that_refuses_holds_nobody_up_while_the_store_takes_rows() -> None:
    spool = MemorySpool()
    spool.is_refusing = True
    outbox = outbox_on(spool)
    async with running(outbox), asyncio.TaskGroup() as group:
        waiting = group.create_task(outbox.append_and_wait(event("security_event_reported")))
        await outbox.news(10)
        records = await outbox.next(9)
        assert [record.mark for record in records] == [None]
        await outbox.arrived(records)
        await waiting
        assert outbox.failure is not None

        spool.is_refusing = False
        await outbox.append_and_wait(event("later"))

    assert outbox.failure is None
    assert kinds(spool.records) == ["later"]  # and nothing twice


async def test_whoever_waits_too_long_is_told_not_to_acknowledge() -> None:
    spool = MemorySpool()
    spool.is_refusing = True
    outbox = outbox_on(spool)
    async with running(outbox):
        with pytest.raises(OutsideFault, match="not saved within") as caught:
            await outbox.append_and_wait(event("security_event_reported"))
        assert "the disk is full" in caught.value.mend

        spool.is_refusing = False
        while not spool.records:  # noqa: ASYNC110 - there is nothing to be awaited but the disk
            await asyncio.sleep(0.001)

    assert kinds(spool.records) == ["security_event_reported"]  # the row followed


async def test_a_full_queue_stops_admissions_and_counts_what_it_loses_in_the_journal_itself() -> None:
    spool = MemorySpool()
    spool.is_refusing = True
    outbox = outbox_on(spool)
    for number in range(8):
        outbox.append(event(f"row_{number}"))
    assert outbox.is_full
    with pytest.raises(OutsideFault, match="full"):
        await outbox.append_and_wait(event())

    spool.is_refusing = False
    await outbox.flush()

    assert kinds(spool.records) == [*(f"row_{number}" for number in range(6)), "journal_rows_lost"]
    lost = spool.records[-1].entries[-1]
    assert isinstance(lost, Event)
    assert lost.facts == {"rows": 3}
    assert not outbox.is_full


async def test_a_full_spool_stops_admissions_too() -> None:
    spool = MemorySpool()
    spool.is_full = True

    assert outbox_on(spool).is_full

from __future__ import annotations

from typing import cast

import pytest

from tests.fakes.builders import event
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.spools import MemorySpool
from voltward.domain.errors import OutsideFault
from voltward.gateway.upkeep.delivery import Delivery
from voltward.gateway.upkeep.facts import KEPT, FactWriter
from voltward.gateway.upkeep.keeping import Keeping
from voltward.gateway.upkeep.outbox import Outbox
from voltward.gateway.upkeep.snapshots import SnapshotKeeper
from voltward.gateway.upkeep.store_watch import StoreWatch
from voltward.usecases.admission.admission_registry import AdmissionRegistry


class CarriedNothing:
    """A delivery that is only asked whether it works."""

    def __init__(self) -> None:
        self.failure: OutsideFault | None = None
        self.flushed: list[int] = []

    async def flush(self) -> None:
        self.flushed.append(1)


class Desk:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.spool = MemorySpool()
        self.registry = AdmissionRegistry()
        self.delivery = CarriedNothing()
        self.outbox = Outbox(self.spool, self.clock)
        self.watch = StoreWatch(self.clock, 3600, NOON)
        self.keeping = Keeping(
            FactWriter(self.registry, self.outbox),
            self.outbox,
            cast("Delivery", self.delivery),
            cast("SnapshotKeeper", None),
            self.watch,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_while_all_is_well_everybody_may_come_and_there_is_nothing_to_say(desk: Desk) -> None:
    assert (desk.keeping.stops(), desk.keeping.remarks()) == ("", [])


def test_a_store_that_is_away_stops_nobody_and_is_said(desk: Desk) -> None:
    desk.watch.lost("gone")

    assert desk.keeping.stops() == ""
    assert desk.keeping.remarks() == ["the store is away since 2026-11-22 12:00:00 UTC"]


def test_a_store_that_hangs_stops_nobody_and_is_said_before_it_is_given_up(desk: Desk) -> None:
    desk.clock.leap(11)

    assert desk.keeping.stops() == ""
    assert desk.keeping.remarks() == ["the store has not answered since 2026-11-22 12:00:00 UTC"]


def test_what_memory_knows_may_not_become_too_old(desk: Desk) -> None:
    desk.watch.lost("gone")
    desk.clock.leap(3601)

    assert desk.keeping.stops() == "the registry was last level with the store at 2026-11-22 12:00 UTC"


def test_a_full_spool_and_too_many_facts_stop_newcomers(desk: Desk) -> None:
    desk.spool.is_full = True
    assert desk.keeping.stops() == "the journal does not take rows"
    desk.spool.is_full = False
    desk.registry.learnt = KEPT
    assert desk.keeping.stops() == "too many facts about stations wait for the store"


def test_a_store_that_takes_no_rows_and_a_disk_that_takes_none_are_said(desk: Desk) -> None:
    desk.delivery.failure = OutsideFault("it is locked.")
    desk.outbox.failure = OutsideFault("it is full.")

    assert desk.keeping.remarks() == [
        "the store takes no rows: it is locked.",
        "the spool takes no rows: it is full.",
    ]


async def test_at_the_end_everything_is_spooled_and_carried(desk: Desk) -> None:
    desk.outbox.append(event())

    await desk.keeping.flush()

    assert (len(desk.spool.records), desk.delivery.flushed) == (1, [1])

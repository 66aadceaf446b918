from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from tests.fakes.rotations import CHAIN, FOREIGN, NEW, OLD, WEEK, listed, met, rotation
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.acquaintance import Acquaintance, Manner
from voltward.domain.station import Standing, StationId
from voltward.lifecycles.rollover_state import KIND as ROLLOVER
from voltward.lifecycles.rollover_state import Rollover, RolloverPhase
from voltward.ports.lifecycles import Lifecycle
from voltward.usecases.lifecycles.rotation_plan import PlanTerms, Prospect, Trusting, plan_rotation
from voltward.usecases.trust.anchor_inventory import keep_anchors

LATER = NOON + timedelta(hours=1)


def shown(manner: Manner) -> list[str]:
    return ["canary"] if manner.server_name == "canary.example" else [CHAIN]


async def plan(store: SqlStore, *, served_since: datetime | None = None) -> dict[str, Prospect]:
    terms = PlanTerms((CHAIN,), shown, ("canary",), served_since)
    async with store.read() as reading:
        found = await plan_rotation(reading, rotation(), terms)
    return {one.station.identity: one for one in found}


async def holds(store: SqlStore, identity: str, *roots: object) -> None:
    async with store.begin() as work:
        named = listed(*roots)  # type: ignore[arg-type]
        await keep_anchors(work, StationId(identity), named, (OLD.der, NEW.der), NOON)
        await work.commit()


async def came(store: SqlStore, *acquaintances: Acquaintance) -> None:
    async with store.begin() as work:
        await work.acquaintances.put(acquaintances)
        await work.commit()


@pytest.fixture
async def fleet(store: SqlStore) -> SqlStore:
    await put(store, *(station(f"CP00{number}") for number in range(1, 5)))
    await put(store, station("CP009", standing=Standing.RETIRED))
    return store


async def test_each_station_has_a_prospect_and_a_reason(fleet: SqlStore) -> None:
    await holds(fleet, "CP001", OLD, NEW)
    await holds(fleet, "CP002", OLD)
    await holds(fleet, "CP003", FOREIGN)

    found = await plan(fleet)

    assert {name: one.trusting for name, one in found.items()} == {
        "CP001": Trusting.READY,
        "CP002": Trusting.BREAKS,
        "CP003": Trusting.UNKNOWN,
        "CP004": Trusting.UNKNOWN,
    }
    assert found["CP002"].reason.startswith("it holds the old root alone (read 20")
    assert found["CP003"].reason.startswith("it lists neither root")
    assert found["CP004"].reason == "it never told what it holds"
    assert [name for name, one in found.items() if one.is_lost] == ["CP002", "CP003", "CP004"]


async def test_no_chain_of_the_rotation_concerns_who_never_sees_one(fleet: SqlStore) -> None:
    await came(fleet, met("CP001", tls="", suite=""), met("CP002", server_name="canary.example"))

    found = await plan(fleet)

    assert found["CP001"].reason == "it comes without TLS"
    assert found["CP002"].reason == "it is shown canary"
    assert {found[name].trusting for name in ("CP001", "CP002")} == {Trusting.UNTOUCHED}


async def test_who_came_by_the_new_chain_is_ready_whatever_it_tells(fleet: SqlStore) -> None:
    both = met("CP001").met(LATER, met("CP001", server_name="canary.example").manners[0].manner, None)
    await came(fleet, both)

    assert (await plan(fleet))["CP001"].trusting is Trusting.UNKNOWN
    assert (await plan(fleet, served_since=LATER))["CP001"].proven_at is None
    found = (await plan(fleet, served_since=NOON))["CP001"]
    assert (found.trusting, found.proven_at) == (Trusting.READY, LATER)


async def test_who_holds_the_new_root_and_refuses_us_breaks_until_it_has_come_by_it(fleet: SqlStore) -> None:
    await holds(fleet, "CP001", OLD, NEW)
    refusing = Rollover(
        NOON, rotation().roots, WEEK, RolloverPhase.READY, refuses_us=True, problem="it refuses us"
    )
    async with fleet.begin() as work:
        await work.lifecycles.save(Lifecycle("l1", ROLLOVER, StationId("CP001"), refusing, NOON, "ann"))
        await work.commit()

    await came(fleet, met("CP001"))
    found = (await plan(fleet))["CP001"]
    assert (found.trusting, found.reason, found.is_lost) == (Trusting.BREAKS, "it refuses us", True)
    await came(
        fleet, met("CP001").met(LATER, met("CP001", server_name="canary.example").manners[0].manner, None)
    )
    assert (await plan(fleet, served_since=NOON))["CP001"].trusting is Trusting.READY


async def test_who_may_have_let_go_of_the_old_root_has_no_way_back(fleet: SqlStore) -> None:
    await holds(fleet, "CP001", OLD, NEW)
    await holds(fleet, "CP002", NEW)
    await holds(fleet, "CP003", OLD, NEW)
    careful = Rollover(NOON, rotation().roots, WEEK, RolloverPhase.READY, wants_crossed=True)
    async with fleet.begin() as work:
        await work.lifecycles.save(Lifecycle("l1", ROLLOVER, StationId("CP003"), careful, NOON, "ann"))
        await work.commit()

    assert [name for name, one in (await plan(fleet)).items() if one.no_way_back] == ["CP002"]
    found = await plan(fleet, served_since=NOON)
    assert [name for name, one in found.items() if one.no_way_back] == ["CP002", "CP003"]
    assert "lets go of the old root" in found["CP003"].no_way_back

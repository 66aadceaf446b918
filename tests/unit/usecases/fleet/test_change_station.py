from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import (
    authority,
    certificate_credential,
    exception,
    issued_certificate,
    password_credential,
    station,
)
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import CredentialState
from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import Lane, Latch, LatchStage, Standing, Station, StationId
from voltward.usecases.fleet.change_station import (
    StationChange,
    change_station,
    quarantine_station,
    release_station,
    retire_station,
)

CP1 = StationId("CP001")
P1, P2, P3 = SecurityProfile
LATER = NOON + timedelta(days=7)
ALLOWANCE = Allowance(P1, LATER, "ann", "modem is swapped")


class Desk:
    """Orders of ann about CP001."""

    def __init__(self, store: SqlStore, clock: FakeClock) -> None:
        self.store = store
        self._clock = clock

    async def set(self, station: str = "CP001", **change: Any) -> Station:
        order = StationChange(**change)
        return await change_station(self.store, StationId(station), order, "cli:ann", self._clock)

    async def quarantine(self, lane: Lane | None = None) -> Station:
        return await quarantine_station(self.store, CP1, lane, "odd traffic", "cli:ann", self._clock)

    async def release(self) -> Station:
        return await release_station(self.store, CP1, "all is well", "cli:ann", self._clock)

    async def retire(self) -> Station:
        return await retire_station(self.store, CP1, "scrapped", "cli:ann", self._clock)


@pytest.fixture
async def desk(store: SqlStore, clock: FakeClock) -> Desk:
    await put(store, station())
    return Desk(store, clock)


async def test_what_is_not_named_stays(desk: Desk) -> None:
    after = await desk.set(group="site-a")

    assert (after.group, after.serial, after.profile, after.floor) == ("site-a", "SN-CP001", P2, P2)
    assert (await entry_of(desk.store)).station == after


async def test_a_change_is_journalled_with_old_and_new(desk: Desk) -> None:
    await desk.set(group="site-a", site="Ulm 1", serial="SN-9", allowance=ALLOWANCE)

    event = (await journalled(desk.store))[-1]

    assert (event.kind, event.actor, event.subject) == ("station_changed", "cli:ann", "CP001")
    assert event.facts["group"] == "default -> site-a"
    assert event.facts["site"] == "none -> Ulm 1"
    assert event.facts["serial"] == "SN-CP001 -> SN-9"
    assert event.facts["allowance"] == "profile 1 until 2026-11-29T12:00+00:00 (ann: modem is swapped)"
    assert "profile" not in event.facts


async def test_a_site_is_set_taken_off_and_no_more_than_a_line(desk: Desk) -> None:
    assert (await desk.set(site="Ulm 1")).site == "Ulm 1"
    with pytest.raises(OperatorFault, match="no name of a site"):
        await desk.set(site="Ulm\n1")

    assert (await desk.set(site="")).site == ""


async def test_the_floor_never_sinks_without_the_words_for_it(desk: Desk) -> None:
    with pytest.raises(OperatorFault, match="lowers the floor from profile 2 to 1") as caught:
        await desk.set(profile=P1)
    assert "--lower-floor" in caught.value.mend

    after = await desk.set(profile=P1, lower_floor=True)

    assert (after.profile, after.floor) == (P1, P1)


async def test_the_floor_alone_can_be_lowered_with_the_words_for_it(desk: Desk) -> None:
    with pytest.raises(OperatorFault, match="never sinks by itself"):
        await desk.set(floor=P1)

    after = await desk.set(floor=P1, lower_floor=True)

    assert (after.profile, after.floor) == (P2, P1)


async def test_the_floor_cannot_stand_above_the_profile(desk: Desk) -> None:
    with pytest.raises(OperatorFault, match=r"floor \(profile 3\) cannot stand above the profile \(2\)"):
        await desk.set(floor=P3)


async def test_raising_the_profile_leaves_the_floor_to_proof(desk: Desk) -> None:
    await put(desk.store, certificate_credential())

    after = await desk.set(profile=P3)

    assert (after.profile, after.floor) == (P3, P2)


async def test_a_station_without_any_way_to_prove_itself_is_not_raised(desk: Desk) -> None:
    with pytest.raises(OperatorFault, match="could not prove itself on profile 3") as caught:
        await desk.set(profile=P3)
    assert "ca trust" in caught.value.mend

    await put(desk.store, authority(retired_at=NOON))
    with pytest.raises(OperatorFault, match="could not prove itself"):
        await desk.set(profile=P3)

    await put(desk.store, authority("In force"))
    assert (await desk.set(profile=P3)).profile is P3


async def test_a_new_profile_forgets_the_progress_towards_the_old_one(
    store: SqlStore, clock: FakeClock
) -> None:
    under_way = station(floor=P1, latch=Latch(P2, LatchStage.ANSWERED))
    await put(store, under_way, certificate_credential())

    assert (await Desk(store, clock).set(profile=P3)).latch is None


async def test_setting_what_it_is_already_keeps_the_progress(store: SqlStore, clock: FakeClock) -> None:
    latch = Latch(P2, LatchStage.CONNECTED)
    await put(store, station(floor=P1, latch=latch))

    assert (await Desk(store, clock).set(profile=P2)).latch == latch


async def test_an_allowance_can_be_ended(desk: Desk) -> None:
    assert (await desk.set(allowance=ALLOWANCE)).allowance == ALLOWANCE
    assert (await desk.set(end_allowance=True)).allowance is None
    assert (await journalled(desk.store))[-1].facts["allowance"] == "ended"


@pytest.mark.parametrize(
    "order",
    [{"allowance": Allowance(P1, NOON, "ann", "late")}, {"exception": exception(until=NOON)}],
)
async def test_what_would_have_ended_already_is_refused(desk: Desk, order: dict[str, Any]) -> None:
    with pytest.raises(OperatorFault, match="lies in the past"):
        await desk.set(**order)
    assert (await entry_of(desk.store)).station.revision == 1


async def test_an_exception_is_saved_and_journalled_with_owner_and_reason(desk: Desk) -> None:
    await desk.set(exception=exception("CERT-06"))

    assert (await entry_of(desk.store)).exceptions == (exception("CERT-06"),)
    facts = (await journalled(desk.store))[-1].facts
    assert (facts["exception"], facts["owner"], facts["reason"]) == (
        "CERT-06",
        "ann@example.org",
        "waits for new firmware",
    )


async def test_an_exception_can_be_ended_once(desk: Desk) -> None:
    await desk.set(exception=exception("CERT-06"))
    await desk.set(end_exception="CERT-06")

    assert (await entry_of(desk.store)).exceptions == ()
    with pytest.raises(OperatorFault, match="there is no exception from CERT-06"):
        await desk.set(end_exception="CERT-06")


async def test_a_refused_change_changes_nothing_at_all(desk: Desk) -> None:
    with pytest.raises(OperatorFault):
        await desk.set(group="site-a", end_exception="CERT-06")

    assert (await entry_of(desk.store)).station.group == "default"
    assert await journalled(desk.store) == []


async def test_a_quarantine_is_ordered_with_its_reason_and_lane(desk: Desk) -> None:
    after = await desk.quarantine(Lane.REPAIR)

    assert (after.standing, after.quarantine_lane, after.note) == (
        Standing.QUARANTINED,
        Lane.REPAIR,
        "odd traffic",
    )
    event = (await journalled(desk.store))[-1]
    assert event.kind == "station_quarantine_ordered"
    assert dict(event.facts) == {
        "from": "active",
        "to": "quarantined",
        "reason": "odd traffic",
        "lane": "repair",
    }


@pytest.mark.parametrize(("proven_at", "standing"), [(NOON, Standing.ACTIVE), (None, Standing.COMMISSIONING)])
async def test_a_release_leads_back_to_where_proof_has_led(
    desk: Desk, proven_at: Any, standing: Standing
) -> None:
    await put(desk.store, password_credential(proven_at=proven_at))
    await desk.quarantine(Lane.UNPROVEN)

    after = await desk.release()

    assert (after.standing, after.quarantine_lane) == (standing, None)
    assert (await journalled(desk.store))[-1].kind == "station_release_ordered"


async def test_only_an_ordered_quarantine_is_released(desk: Desk) -> None:
    with pytest.raises(OperatorFault, match="not quarantined by order; it is active"):
        await desk.release()


async def test_retiring_ends_every_credential_and_keeps_the_identity_taken(desk: Desk) -> None:
    await put(desk.store, password_credential(), certificate_credential())

    await desk.retire()

    entry = await entry_of(desk.store)
    assert entry.station.standing is Standing.RETIRED
    assert {credential.state for credential in entry.credentials} == {CredentialState.RETIRED}
    assert (await journalled(desk.store))[-1].kind == "station_retired"


async def test_what_was_issued_to_a_retired_station_goes_onto_the_list(desk: Desk) -> None:
    async with desk.store.begin() as work:
        await work.issued.save(issued_certificate(str(CP1)))
        over = issued_certificate(str(CP1), fingerprint=b"0" * 32, order="over", not_after=NOON)
        await work.issued.save(over)
        await work.commit()

    await desk.retire()

    async with desk.store.read() as reading:
        found = await reading.issued.of(CP1)
    assert {one.order: one.reason for one in found} == {
        f"order-{CP1}": "cessationOfOperation",
        "over": "",
    }


async def test_nothing_brings_a_retired_station_back(desk: Desk) -> None:
    await desk.retire()

    with pytest.raises(OperatorFault, match="retired for good"):
        await desk.quarantine()
    with pytest.raises(OperatorFault, match="retired for good"):
        await desk.retire()
    with pytest.raises(OperatorFault, match="it is retired"):
        await desk.release()

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.builders import certificate_credential, password_credential, station
from tests.fakes.clock import NOON, SeededEntropy
from tests.fakes.stores import entry_of, journalled, opened_store, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import OLD_PASSWORD, ClientCertificate, CredentialState, PasswordForm, Purpose
from voltward.domain.events import Event
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Latch, LatchStage, Model, Standing, StationId
from voltward.domain.station_fact import (
    CertificateFirstSeen,
    Connected,
    ModelTold,
    Proven,
    RegistryFact,
    SerialTold,
)
from voltward.usecases.learning.learn_fact import KEPT_SOURCES
from voltward.usecases.learning.record_facts import record_fact

ENTROPY = SeededEntropy()
CP1, CP2 = StationId("CP001"), StationId("CP002")
P1, P2, P3 = SecurityProfile
PASSWORD = password_credential()
LEAF = ClientCertificate(b"\x07" * 32, "SN-CP001", b"\x01" * 32)
LATER = NOON + timedelta(days=100)

SEEN = CertificateFirstSeen(CP1, NOON, LEAF, Purpose.PRODUCTION)
CONNECTED = Connected(CP1, NOON, P2, "192.0.2.7", PASSWORD.id, PasswordForm.OCTETS)
PROVEN = Proven(CP1, NOON, P2, PASSWORD.id)


async def record(store: SqlStore, *facts: RegistryFact) -> list[Event]:
    events: list[Event] = []
    async with store.begin() as work:
        for fact in facts:
            events += await record_fact(work, fact, ENTROPY)
        await work.commit()
    return events


async def test_what_a_boot_claims_is_kept_and_told_once(store: SqlStore) -> None:
    await put(store, station())
    told = ModelTold(CP1, NOON, Model("Works", "W-1", "1.1"))

    first = await record(store, told)
    again = await record(store, told, replace(told, model=Model("Works", "W-1", "1.2")))

    assert [event.kind for event in first] == ["model_told"]
    assert [(e.facts["firmware_before"], e.facts["firmware"]) for e in again] == [("1.1", "1.2")]
    assert (await entry_of(store)).station.model == Model("Works", "W-1", "1.2")


async def test_a_local_controller_s_certificate_is_its_own_and_stands_for_both(store: SqlStore) -> None:
    controller = station("LC1", standing=Standing.COMMISSIONING, behind=("CP001",))
    await put(store, controller, station(standing=Standing.COMMISSIONING))
    proven = Proven(controller.id, NOON, P2, None, LEAF.fingerprint)
    vouched = Proven(CP1, NOON, P2, vouched=True)

    events = await record(store, replace(SEEN, station=controller.id), proven, vouched)

    assert [(event.kind, event.subject) for event in events] == [
        ("certificate_pinned", "LC1"),
        ("credential_proven", "LC1"),
    ]
    assert (await entry_of(store)).credentials == ()
    for identity in ("CP001", "LC1"):
        assert (await entry_of(store, identity)).station.standing is Standing.ACTIVE


async def test_a_station_is_not_proven_by_a_controller_that_is_not_proven_itself(store: SqlStore) -> None:
    await put(store, station("LC1", behind=("CP001",)), station(standing=Standing.COMMISSIONING))

    await record(store, Proven(CP1, NOON, P2, vouched=False))

    assert (await entry_of(store)).station.standing is Standing.COMMISSIONING


async def test_where_a_station_succeeded_from_is_remembered(store: SqlStore) -> None:
    await put(store, station())

    await record(store, CONNECTED, replace(CONNECTED, source="2001:db8::/64"), CONNECTED)

    assert (await entry_of(store)).station.known_sources == ("192.0.2.7", "2001:db8::/64")


async def test_only_the_latest_sources_are_kept(store: SqlStore) -> None:
    await put(store, station())

    await record(store, *(replace(CONNECTED, source=f"192.0.2.{n}") for n in range(KEPT_SOURCES + 3)))

    sources = (await entry_of(store)).station.known_sources
    assert (len(sources), sources[0], sources[-1]) == (KEPT_SOURCES, "192.0.2.3", "192.0.2.10")


async def test_the_form_of_the_password_is_remembered_with_its_row(store: SqlStore) -> None:
    await put(store, station(), PASSWORD)

    await record(store, CONNECTED)

    (credential,) = (await entry_of(store)).credentials
    assert credential.last_form is PasswordForm.OCTETS


async def test_a_station_that_comes_back_as_it_does_is_not_saved_again(store: SqlStore) -> None:
    await put(store, station(), PASSWORD)
    await record(store, CONNECTED)
    revision = await store.feed.latest()

    await record(store, CONNECTED)

    assert await store.feed.latest() == revision


async def test_a_proven_password_is_active_from_then_on_and_so_is_its_station(store: SqlStore) -> None:
    await put(
        store, station(standing=Standing.COMMISSIONING), replace(PASSWORD, state=CredentialState.PENDING)
    )

    events = await record(store, PROVEN)

    entry = await entry_of(store)
    (credential,) = entry.credentials
    assert (credential.proven_at, credential.state) == (NOON, CredentialState.ACTIVE)
    assert entry.station.standing is Standing.ACTIVE
    assert [event.kind for event in events] == ["credential_proven"]
    assert [event.kind for event in await journalled(store)] == ["credential_proven"]


async def test_a_proof_tells_nothing_twice(store: SqlStore) -> None:
    await put(store, station(), PASSWORD)
    await record(store, PROVEN)
    revision = await store.feed.latest()

    assert await record(store, PROVEN, replace(PROVEN, at=LATER)) == []

    (credential,) = (await entry_of(store)).credentials
    assert (credential.proven_at, await store.feed.latest()) == (NOON, revision)


async def test_a_superseded_credential_stays_superseded_when_it_is_proven(store: SqlStore) -> None:
    await put(store, station(), replace(PASSWORD, state=CredentialState.SUPERSEDED))

    await record(store, PROVEN)

    (credential,) = (await entry_of(store)).credentials
    assert (credential.proven_at, credential.state) == (NOON, CredentialState.SUPERSEDED)


async def test_a_retired_credential_is_proven_by_nothing(store: SqlStore) -> None:
    await put(store, station(), replace(PASSWORD, state=CredentialState.RETIRED))

    assert await record(store, PROVEN) == []


async def test_a_proof_is_for_the_credential_that_opened_and_no_other(store: SqlStore) -> None:
    await put(store, station(), PASSWORD, password_credential(generation=2))

    await record(store, PROVEN)

    proven = {c.generation: c.proven_at for c in (await entry_of(store)).credentials}
    assert proven == {1: NOON, 2: None}


async def test_a_certificate_that_came_for_the_first_time_is_pinned_and_then_proven(store: SqlStore) -> None:
    await put(store, station())

    events = await record(store, SEEN, Proven(CP1, NOON, P3, None, LEAF.fingerprint))

    (credential,) = (await entry_of(store)).credentials
    assert (credential.proof, credential.state, credential.generation) == (LEAF, CredentialState.ACTIVE, 1)
    assert credential.proven_at == NOON
    assert [event.kind for event in events] == ["certificate_pinned", "credential_proven"]


async def test_a_certificate_gets_one_row_however_often_it_comes(store: SqlStore) -> None:
    await put(store, station())

    assert len(await record(store, SEEN, SEEN)) == 1
    assert await record(store, SEEN) == []
    assert len((await entry_of(store)).credentials) == 1


async def test_the_next_certificate_is_the_next_generation(store: SqlStore) -> None:
    await put(store, station(), certificate_credential(generation=4), password_credential(generation=9))

    await record(store, SEEN)

    generations = {c.generation for c in (await entry_of(store)).credentials if not c.is_password}
    assert generations == {4, 5}


async def test_a_certificate_belongs_to_whoever_had_it_first(store: SqlStore) -> None:
    await put(store, station("CP001"), station("CP002"))
    await record(store, SEEN)

    assert await record(store, replace(SEEN, station=CP2)) == []
    assert (await entry_of(store, "CP002")).credentials == ()


async def test_the_floor_rises_with_a_connect_an_answer_and_one_more_connect(store: SqlStore) -> None:
    await put(store, station(floor=P1), PASSWORD)

    assert await record(store, CONNECTED) == []
    assert (await entry_of(store)).station.latch == Latch(P2, LatchStage.CONNECTED, NOON)
    await record(store, PROVEN)
    assert (await entry_of(store)).station.floor is P1
    events = await record(store, CONNECTED)

    assert (await entry_of(store)).station.floor is P2
    assert [(event.kind, dict(event.facts)) for event in events] == [("floor_raised", {"from": 1, "to": 2})]


async def test_a_proven_password_ends_those_that_a_list_brought_in_beside_it(store: SqlStore) -> None:
    used = password_credential(generation=1, proven_at=NOON)
    never = password_credential(generation=2, state=CredentialState.PENDING)
    new = password_credential(generation=3, state=CredentialState.PENDING)
    later = password_credential(generation=4, state=CredentialState.PENDING)
    await put(store, station(), used, never, new, later)

    await record(store, Proven(CP1, LATER, P2, new.id))

    held = (await entry_of(store)).credentials
    assert [c.state.value for c in held] == ["superseded", "retired", "active", "pending"]
    assert held[0].not_after == LATER + OLD_PASSWORD


async def test_a_commissioning_password_proves_no_station_active(store: SqlStore) -> None:
    waiting = station(standing=Standing.COMMISSIONING)
    await put(store, waiting, replace(PASSWORD, purpose=Purpose.COMMISSIONING))

    await record(store, PROVEN)

    assert (await entry_of(store)).station.standing is Standing.COMMISSIONING


async def test_a_serial_is_bound_where_none_is(store: SqlStore) -> None:
    await put(store, station(serial=None))

    (event,) = await record(store, SerialTold(CP1, NOON, "SN-NEW"), SerialTold(CP1, NOON, "SN-OTHER"))

    assert (event.kind, (await entry_of(store)).station.serial) == ("serial_learnt", "SN-NEW")


@pytest.mark.parametrize(
    ("standing", "serial"), [(Standing.ACTIVE, None), (Standing.RETIRED, "SN-CP002")], ids=str
)
async def test_a_serial_of_another_station_in_service_is_not_learnt(
    store: SqlStore, standing: Standing, serial: str | None
) -> None:
    await put(store, station(serial=None), station("CP002", standing=standing))

    (event,) = await record(store, SerialTold(CP1, NOON, "SN-CP002"))

    assert event.kind == ("serial_learnt" if serial else "serial_not_learnt")
    assert (await entry_of(store)).station.serial == serial


@pytest.mark.parametrize("standing", [None, Standing.RETIRED])
async def test_a_fact_about_a_station_that_is_gone_is_dropped(
    store: SqlStore, standing: Standing | None
) -> None:
    if standing is not None:
        await put(store, station(standing=standing))

    assert await record(store, CONNECTED, SEEN, PROVEN) == []
    assert await journalled(store) == []


async def test_no_facts_save_nothing(store: SqlStore) -> None:
    assert await record(store) == []


_facts = st.lists(
    st.sampled_from(
        [
            CONNECTED,
            PROVEN,
            SEEN,
            Connected(CP1, NOON, P1, "192.0.2.1"),
            Proven(CP1, NOON, P3, None, b"\x07" * 32),
        ]
    ),
    max_size=6,
)


@settings(max_examples=15)
@given(facts=_facts)
async def test_the_floor_never_sinks_whatever_is_told(
    tmp_path_factory: pytest.TempPathFactory, facts: list[RegistryFact]
) -> None:
    async with opened_store(tmp_path_factory.mktemp("facts")) as store:
        await put(store, station(floor=P1), PASSWORD)
        before = P1
        for fact in facts:
            await record(store, fact)
            after = (await entry_of(store)).station.floor
            assert after >= before
            before = after

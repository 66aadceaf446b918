from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.builders import certificate_credential, issued_certificate, station
from tests.fakes.certificates import new_key
from tests.fakes.clock import NOON
from tests.fakes.renewals import CP001, HEARING, RenewalWorld, names, pem_of, station_csr
from tests.fakes.stores import journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.issuing.issued_certificates import requested_key
from voltward.domain.complaint import Complaint
from voltward.domain.credential import ClientCertificate, CredentialState, Purpose
from voltward.domain.intents import CertificateUse, InstallCertificate, IntentAnswer, Outcome, RequestCsr
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, StationId
from voltward.domain.station_fact import (
    AnchorMoved,
    AskAnswered,
    CertificateFirstSeen,
    Complained,
    CsrRefused,
    CsrSubmitted,
)
from voltward.lifecycles.renewal_state import RenewalOrigin, RenewalPhase
from voltward.ports.authority import RevocationReason
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle
from voltward.usecases.revocation.revoke_certificates import RevocationOrder, revoke_certificates
from voltward.usecases.rounds.hear_facts import hear_facts

CP002 = StationId("CP002")


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    world = RenewalWorld(store)
    await world.register()
    return world


async def test_a_request_that_nobody_asked_for_begins_a_renewal(world: RenewalWorld) -> None:
    fact = CsrSubmitted(CP001, NOON, "m1", pem_of(station_csr()), CertificateUse.COMBINED, request_id=7)
    await world.tell(fact)
    await world.work()

    _, state = await world.renewal()
    assert (state.origin, state.phase) == (RenewalOrigin.STATION, RenewalPhase.INSTALLING)
    (install,) = await world.asked()
    assert isinstance(install, InstallCertificate)
    assert (install.use, install.request_id) == (CertificateUse.COMBINED, 7)


async def test_the_same_request_told_twice_is_issued_once(world: RenewalWorld) -> None:
    csr = station_csr()
    await world.submit(csr)
    await world.submit(csr, "m2")
    await world.work()
    await world.submit(csr, "m3")
    await world.work()

    assert len(world.authority.signed) == 1
    assert names(await world.asked()) == ["InstallCertificate"]


async def test_a_new_key_replaces_what_was_under_way(world: RenewalWorld) -> None:
    await world.submit()
    await world.submit()
    await hear_facts(world.store, HEARING, world.moment)
    await world.work()

    assert len(world.authority.signed) == 2
    async with world.store.read() as reading:
        newest = (await reading.issued.of(CP001))[0]
        (denied,) = await reading.denials.all()
        (credential,) = await reading.credentials.of(CP001)
    _, state = await world.renewal()
    assert state.issued is not None
    assert denied.fingerprint != state.issued
    assert isinstance(credential.proof, ClientCertificate)
    assert credential.proof.fingerprint == state.issued
    assert newest.station == CP001


async def test_the_key_of_another_station_is_not_signed(world: RenewalWorld) -> None:
    key = new_key()
    async with world.store.begin() as work:
        taken = issued_certificate("CP002", key=requested_key(station_csr(key)))
        await work.issued.save(taken)
        await work.commit()
    await world.submit(station_csr(key))
    await world.work()

    assert world.authority.asked == []
    (event,) = [e for e in await journalled(world.store) if e.kind == "certificate_request_unfit"]
    assert "CP002" in str(event.facts["reason"])


async def test_the_key_of_a_revoked_certificate_is_not_signed(world: RenewalWorld) -> None:
    key = new_key()
    async with world.store.begin() as work:
        revoked = issued_certificate(key=requested_key(station_csr(key)), revoked_at=NOON, reason="stolen")
        await work.issued.save(revoked)
        await work.commit()
    await world.submit(station_csr(key))
    await world.work()

    assert world.authority.asked == []


async def test_a_request_that_the_gateway_refused_is_told_to_the_renewal_that_waits_for_one(
    world: RenewalWorld,
) -> None:
    await world.tell(CsrRefused(CP001, NOON, "its key has 1024 bits"))
    await world.work()  # nobody waits for it: nothing begins
    await world.begin()
    while not isinstance(await world.answer(), RequestCsr):
        await world.work()

    await world.tell(CsrRefused(CP001, NOON, "its key has 1024 bits"))
    await world.work()

    _, state = await world.renewal()
    assert (state.phase, state.tries) == (RenewalPhase.AWAITING_CSR, 1)
    assert "its key has 1024 bits" in state.problem


async def test_an_unfit_request_is_told_to_the_renewal_that_waits_for_one(world: RenewalWorld) -> None:
    await world.begin()
    for _ in range(3):
        await world.answer()
        await world.work()
    await world.tell(CsrSubmitted(CP001, NOON, "m1", "no request", None))
    await world.work()

    _, state = await world.renewal()
    assert state.phase is RenewalPhase.AWAITING_CSR
    assert "unfit" in state.problem


async def test_an_answer_of_another_station_is_refused(world: RenewalWorld) -> None:
    await put(world.store, station("CP002"))
    await world.begin()
    async with world.store.read() as reading:
        (ask,) = await reading.asks.of(CP001)
    await world.tell(AskAnswered(CP002, NOON, ask.id, IntentAnswer(Outcome.ACCEPTED)))
    await world.work()

    assert names(await world.asked()) == ["ReadFacts"]
    assert (await journalled(world.store))[-1].kind == "foreign_answer_refused"


async def test_an_answer_to_what_nobody_asks_is_dropped(world: RenewalWorld) -> None:
    await world.tell(AskAnswered(CP001, NOON, "unknown", IntentAnswer(Outcome.ACCEPTED)))
    await world.work()

    assert await journalled(world.store) == []


async def test_an_ask_that_has_run_out_is_answered_so(world: RenewalWorld) -> None:
    await world.begin()
    world.clock.leap(timedelta(days=7).total_seconds())
    await world.work()

    assert names(await world.asked()) == ["ReadFacts"]
    (told,) = [e for e in await journalled(world.store) if e.kind == "attention_needed"]
    assert "it was not there for 7 days" in str(told.facts["what"])


async def test_a_factory_certificate_begins_a_renewal(world: RenewalWorld) -> None:
    proof = certificate_credential().proof
    assert isinstance(proof, ClientCertificate)
    await world.tell(CertificateFirstSeen(CP001, NOON, proof, Purpose.COMMISSIONING))
    await world.work()

    _, state = await world.renewal()
    assert state.origin is RenewalOrigin.FACTORY
    assert names(await world.asked()) == ["ReadFacts"]


@pytest.mark.parametrize("purpose", Purpose)
async def test_a_password_station_keeps_what_it_has(store: SqlStore, purpose: Purpose) -> None:
    world = RenewalWorld(store)
    await put(store, station())
    proof = certificate_credential().proof
    assert isinstance(proof, ClientCertificate)
    await world.tell(CertificateFirstSeen(CP001, NOON, proof, purpose))
    await world.work()

    assert await world.asked() == []


async def test_what_a_retired_station_still_wants_is_dropped(store: SqlStore) -> None:
    world = RenewalWorld(store)
    await world.register(standing=Standing.RETIRED)
    await world.submit()
    await world.tell(AnchorMoved(CP001, NOON, None))
    await world.work()

    async with store.read() as reading:
        assert await reading.inbox.next(limit=1) == []
        assert await reading.lifecycles.open("renewal") == []


async def revoke(world: RenewalWorld, certificate: bytes) -> None:
    order = RevocationOrder("stolen", "ann", RevocationReason.KEY_COMPROMISE)
    await revoke_certificates(world.store, [certificate], order, world.clock)


async def test_a_certificate_that_is_revoked_while_it_is_handed_out_is_not_installed(
    world: RenewalWorld,
) -> None:
    await world.begin()
    certificate = await world.until_installing()
    await revoke(world, certificate)
    await world.work()

    assert names(await world.asked()) == ["ReadFacts"]
    another = await world.until_installing()
    assert another != certificate
    told = [e.facts["what"] for e in await journalled(world.store) if e.kind == "attention_needed"]
    assert told == ["its new certificate was revoked before it was proven; another one is asked for"]


async def test_the_proof_of_a_revoked_certificate_supersedes_nothing(world: RenewalWorld) -> None:
    """The proof was on its way when the order to revoke came."""
    await put(
        world.store, certificate_credential(proof=ClientCertificate(b"o" * 32, "", b""), proven_at=NOON)
    )
    await world.begin()
    certificate = await world.until_installing()
    await world.answer()
    await world.comes_with(certificate)
    await revoke(world, certificate)
    await world.work()

    _, state = await world.renewal()
    assert state.phase is RenewalPhase.READING
    async with world.store.read() as reading:
        (old,) = await reading.credentials.by_fingerprint(b"o" * 32)
    assert old.state is CredentialState.ACTIVE


async def test_without_a_certificate_nobody_is_led_to_profile_3(world: RenewalWorld) -> None:
    await world.begin(RenewalOrigin.COMMISSIONING)
    certificate = await world.until_installing()
    await world.answer()
    await world.work()
    assert names(await world.asked()) == ["RaiseProfile"]

    await revoke(world, certificate)
    assert await world.asked() == [], "from the commit on: the worker may not be running"
    await world.work()

    assert names(await world.asked()) == ["ReadFacts"], "its renewal goes on, and leads there again"


async def test_what_we_gave_up_ourselves_says_nothing_against_its_key(world: RenewalWorld) -> None:
    """An operator ends the renewal while the authority signs; the station asks again, with its one key."""
    csr = station_csr()

    async def ended() -> None:
        lifecycle, _ = await world.renewal()
        await cancel_lifecycle(world.store, lifecycle.id, "ann", world.moment)

    world.authority.meanwhile = ended
    await world.submit(csr)
    await world.work()
    world.clock.leap(60)
    await world.submit(csr, "m2")
    await world.work()

    _, state = await world.renewal()
    assert state.phase is RenewalPhase.INSTALLING


async def test_the_first_request_of_one_that_comes_with_a_password_leads_it_to_profile_3(
    store: SqlStore,
) -> None:
    """It enrols over EST, and goes on with its password for a minute."""
    world = RenewalWorld(store)
    await world.register(floor=SecurityProfile.TLS_BASIC)
    pem = pem_of(station_csr())
    await world.tell(CsrSubmitted(CP001, NOON, "m1", pem, CertificateUse.CSMS_LINK, fetches=True))
    await world.work()
    _, state = await world.renewal()
    async with store.read() as reading:
        (given,) = await reading.credentials.of(CP001)
    assert (state.origin, state.phase) == (RenewalOrigin.COMMISSIONING, RenewalPhase.UNPROVEN)
    assert (given.state, await world.asked()) == (CredentialState.PENDING, [])

    world.clock.leap(60)
    await world.work()
    assert names(await world.asked()) == ["RaiseProfile"]

    assert state.issued is not None
    await world.comes_with(state.issued)
    await world.work()
    kinds = {event.kind for event in await journalled(store)}
    assert {"certificate_renewed", "profile_upgraded"} <= kinds


async def test_what_its_station_reports_moves_the_life_cycle_that_it_concerns(world: RenewalWorld) -> None:
    await world.begin()
    await world.until_installing()
    await world.answer()
    await world.work()
    assert (await world.renewal())[1].phase is RenewalPhase.UNPROVEN

    await world.tell(Complained(CP001, NOON, Complaint.ITS_CERTIFICATE, "no path"))
    await world.work()

    _, state = await world.renewal()
    assert (state.phase, state.form) == (RenewalPhase.INSTALLING, 1)

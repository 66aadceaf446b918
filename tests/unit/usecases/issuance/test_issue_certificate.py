from __future__ import annotations

import pytest

from tests.fakes.clock import NOON
from tests.fakes.renewals import CP001, HEARING, RenewalWorld, station_csr
from tests.fakes.signers import OPERATOR
from tests.fakes.stores import journalled, lease_errands
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.issuing.issued_certificates import read_issued
from voltward.domain.intents import InstallCertificate, Outcome
from voltward.domain.station import UNKNOWN_MODEL
from voltward.lifecycles.renewal_state import RenewalPhase
from voltward.ports.authority import Declined
from voltward.usecases.issuance.issue_certificate import Certified, record_certified
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle
from voltward.usecases.rounds.hear_facts import hear_facts


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    world = RenewalWorld(store)
    await world.register()
    return world


async def test_a_certificate_carries_the_serial_and_the_operators_name(world: RenewalWorld) -> None:
    await world.submit()
    await world.work()

    async with world.store.read() as reading:
        (issued,) = await reading.issued.of(CP001)
    lifecycle, state = await world.renewal()
    assert (issued.common_name, issued.order) == ("SN-CP001", f"{lifecycle.id}-1-{state.key.hex()[:16]}")
    assert (issued.fingerprint, issued.key) == (state.issued, state.key)
    (told,) = [e for e in await journalled(world.store) if e.kind == "certificate_issued"]
    assert told.facts["certificate"] == issued.fingerprint.hex()
    assert (issued.authority, told.facts["authority"]) == ("corporate", "corporate")


async def test_the_form_that_worked_with_its_model_is_tried_first(world: RenewalWorld) -> None:
    async with world.store.begin() as work:
        await work.chain_forms.remember(UNKNOWN_MODEL, "with root", worked=True)
        await work.chain_forms.remember(UNKNOWN_MODEL, "of another version", worked=False)
        await work.commit()
    await world.submit()
    await world.work()

    (install,) = await world.asked()
    assert isinstance(install, InstallCertificate)
    assert install.chain_pem.count("BEGIN CERTIFICATE") == 2
    _, state = await world.renewal()
    assert state.forms[0].name == "with root"


async def test_a_certificate_that_comes_when_its_renewal_has_ended_is_denied(world: RenewalWorld) -> None:
    """The order was out, and an operator ended it all meanwhile."""
    csr = station_csr()
    await world.submit(csr)
    await hear_facts(world.store, HEARING, world.moment)
    (errand,) = await lease_errands(world.store, "worker", NOON, limit=1)
    lifecycle, _ = await world.renewal()
    await cancel_lifecycle(world.store, lifecycle.id, "ann", world.moment)
    chain = world.authority.ca.sign_request(csr, "SN-CP001", OPERATOR)
    async with world.store.begin() as work:
        certified = Certified(chain, read_issued(chain, csr), UNKNOWN_MODEL, "corporate")
        await record_certified(work, errand, certified, world.moment)
        await work.commit()

    async with world.store.read() as reading:
        (issued,) = await reading.issued.of(CP001)
        (denied,) = await reading.denials.all()
        assert await reading.credentials.of(CP001) == []
    assert denied.fingerprint == issued.fingerprint
    assert issued.revoked_at == NOON


async def test_an_authority_that_declines_is_told(world: RenewalWorld) -> None:
    world.authority.instead = [Declined("not in my list")]
    await world.submit()
    await world.work()

    _, state = await world.renewal()
    assert state.phase is RenewalPhase.STUCK
    assert "not in my list" in state.problem


async def test_a_chain_is_fitted_to_what_the_station_takes(world: RenewalWorld) -> None:
    await world.submit()
    await world.work()
    await world.answer(Outcome.REJECTED)
    await world.work()

    _, state = await world.renewal()
    assert state.form == 1

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.fakes.builders import issued_certificate, station
from tests.fakes.clock import NOON
from tests.fakes.renewals import (
    HEARING,
    CutStore,
    Killed,
    PlainAuthority,
    RenewalWorld,
    one_authority,
    pem_of,
    station_csr,
)
from tests.fakes.signers import OPERATOR
from tests.fakes.stores import journalled, lease_errands, opened_store, put
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.intents import RequestCsr
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_fact import CsrSubmitted
from voltward.lifecycles.effects import IssueCertificate
from voltward.lifecycles.renewal_state import Renewal, RenewalPhase
from voltward.ports.authority import CertificateAuthority, CertificateOrder, Issued, OrderOutcome, Revocation
from voltward.ports.lifecycles import IssuedCertificate
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle
from voltward.usecases.rounds.hear_facts import hear_facts
from voltward.worker.errand_round import RoundParts, run_round

FLEET = ("CP001", "CP002", "CP003", "CP004")


@dataclass(slots=True)
class Hesitant:
    """An authority that takes `at_once` orders at a time, and answers none before it may."""

    at_once: int
    within: PlainAuthority = field(default_factory=PlainAuthority)
    may: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        self.asked.set()
        await self.may.wait()
        return await self.within.issue(order)

    async def revoke(self, revocation: Revocation) -> None:
        raise AssertionError(revocation)


class Unpaired:
    """An authority that cannot do some orders, and takes all others."""

    at_once = 8

    def __init__(self, world: RenewalWorld, identity: str, fault: Exception) -> None:
        self._world = world
        self._serial = f"SN-{identity}"
        self._fault = fault

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        if order.common_name == self._serial:
            raise self._fault
        return await self._world.authority.issue(order)

    async def revoke(self, revocation: Revocation) -> None:
        raise AssertionError(revocation)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[RenewalWorld]:
    """Four stations whose requests wait to be heard."""
    async with opened_store(tmp_path) as store:
        world = RenewalWorld(store)
        await put(store, *(station(name, profile=SecurityProfile.TLS_CERTIFICATE) for name in FLEET))
        for name in FLEET:
            pem = pem_of(station_csr(common_name=f"SN-{name}"))
            await world.tell(CsrSubmitted(StationId(name), NOON, f"m-{name}", pem, RequestCsr().use))
        yield world


async def phases(world: RenewalWorld) -> dict[str, RenewalPhase]:
    found = dict[str, RenewalPhase]()
    async with world.store.read() as reading:
        for lifecycle in await reading.lifecycles.open("renewal"):
            assert lifecycle.station is not None
            assert isinstance(lifecycle.state, Renewal)
            found[lifecycle.station.identity] = lifecycle.state.phase
    return found


def parts(world: RenewalWorld, authority: CertificateAuthority, patience: float = 60.0) -> RoundParts:
    desk = IssuingDesk(one_authority(authority), OPERATOR)
    return RoundParts(world.store, desk, lambda: world.moment, "worker", patience)


async def test_what_waits_together_is_heard_and_saved_in_one_commit_each(world: RenewalWorld) -> None:
    counted = CutStore(world.store, 99, behind=False)
    assert await hear_facts(counted, HEARING, world.moment) == len(FLEET)
    assert counted.commits == 1

    assert await world.run_errands(counted) == len(FLEET)
    assert counted.commits == 3  # leased, and saved
    assert await phases(world) == dict.fromkeys(FLEET, RenewalPhase.INSTALLING)
    assert len(world.authority.signed) == len(FLEET)


@pytest.mark.parametrize("behind", [False, True], ids=["before the commit", "behind it"])
async def test_a_worker_that_is_killed_in_a_portion_loses_nothing_and_issues_once(
    world: RenewalWorld, behind: bool
) -> None:
    for at in range(1, 20):
        cut = CutStore(world.store, at, behind=behind)
        try:
            await world.work(cut)
        except Killed:
            world.clock.leap(121)  # its lease runs out
        if cut.is_spared:
            break

    assert await phases(world) == dict.fromkeys(FLEET, RenewalPhase.INSTALLING)
    issued = [event for event in await journalled(world.store) if event.kind == "certificate_issued"]
    assert sorted(event.subject for event in issued) == list(FLEET)
    assert len(world.authority.signed) == len(FLEET)
    async with world.store.read() as reading:
        for name in FLEET:
            (record,) = await reading.issued.of(StationId(name))
            (credential,) = await reading.credentials.of(StationId(name))
            (ask,) = await reading.asks.of(StationId(name))
            assert (record.station, credential.station) == (ask.station, ask.station)


async def test_an_authority_gets_no_more_than_it_takes_and_the_others_are_due_as_before(
    world: RenewalWorld,
) -> None:
    await hear_facts(world.store, HEARING, world.moment)
    authority = Hesitant(at_once=3)
    async with asyncio.TaskGroup() as group:
        group.create_task(run_round(parts(world, authority)))
        async with asyncio.timeout(20):
            await authority.asked.wait()
        left = await lease_errands(world.store, "another", NOON, limit=9)
        authority.may.set()

    assert len(left) == 1
    assert len(authority.within.signed) == 3


@pytest.mark.parametrize("fault", [OutsideFault("it is away."), OperatorFault("no such key.")])
async def test_one_that_fails_leaves_its_neighbours_alone(world: RenewalWorld, fault: Exception) -> None:
    await hear_facts(world.store, HEARING, world.moment)
    with capture_logs() as logs:
        await run_round(parts(world, Unpaired(world, "CP002", fault)))

    others = {name: RenewalPhase.INSTALLING for name in FLEET if name != "CP002"}
    assert await phases(world) == {**others, "CP002": RenewalPhase.ISSUING}
    told = [line["event"] for line in logs]
    assert told == (["errand_delayed"] if isinstance(fault, OperatorFault) else [])


async def test_what_cannot_be_saved_leaves_its_neighbours_alone(world: RenewalWorld) -> None:
    """One gets a certificate that stands in the record under another order."""
    await hear_facts(world.store, HEARING, world.moment)
    async with world.store.read() as reading:
        (lifecycle,) = await reading.lifecycles.open_of(StationId("CP003"))
    for errand in await lease_errands(world.store, "killed", NOON, limit=9):
        if errand.lifecycle == lifecycle.id:
            assert isinstance(errand.effect, IssueCertificate)
            chain = world.authority.ca.sign_request(errand.effect.csr_der, "SN-CP003", OPERATOR)
            world.authority.signed[errand.id] = Issued(chain)
            await record(world, issued_certificate("CP001", fingerprint=fingerprint(chain[0])))
    world.clock.leap(121)
    with capture_logs() as logs:
        await world.run_errands()

    assert [line["event"] for line in logs] == ["errand_delayed"]
    others = {name: RenewalPhase.INSTALLING for name in FLEET if name != "CP003"}
    assert await phases(world) == {**others, "CP003": RenewalPhase.ISSUING}


async def record(world: RenewalWorld, certificate: IssuedCertificate) -> None:
    async with world.store.begin() as work:
        await work.issued.save(certificate)
        await work.commit()


async def test_an_authority_that_is_silent_is_left_after_a_while(world: RenewalWorld) -> None:
    await hear_facts(world.store, HEARING, world.moment)
    await run_round(parts(world, Hesitant(at_once=8), patience=0.01))

    assert await lease_errands(world.store, "another", NOON, limit=9) == []
    world.clock.leap(3)
    assert len(await lease_errands(world.store, "another", world.clock.now(), limit=9)) == len(FLEET)


async def test_what_nobody_wants_any_more_is_done(world: RenewalWorld) -> None:
    await hear_facts(world.store, HEARING, world.moment)
    async with world.store.read() as reading:
        (lifecycle,) = await reading.lifecycles.open_of(StationId("CP001"))
    await cancel_lifecycle(world.store, lifecycle.id, "ann", world.moment)
    await world.work()

    assert len(world.authority.signed) == len(FLEET) - 1
    world.clock.leap(121)
    assert await lease_errands(world.store, "another", world.clock.now(), limit=9) == []

"""The simulator's stations live with certificates on real links: to its own small CSMS, which wants to see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.adapters.system_clock import SystemClock
from voltward.simulator.certificates import SimulatedAuthority, Subject, Validity
from voltward.simulator.csms.csms import SmallCsms, StationAway, StationLog, small_csms
from voltward.simulator.csms.csms_office import CertificateOffice
from voltward.simulator.dial import CertificateLogin, Dial, Endpoint, TlsOptions
from voltward.simulator.faults import Fault
from voltward.simulator.fleet import FleetPlan, Member, run_fleet
from voltward.simulator.link import ServerDistrusted
from voltward.simulator.live_station import LiveStation
from voltward.simulator.memory.memory_file import MemoryFile
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.memory.uses import AnchorUse
from voltward.simulator.messages.tables import TABLES
from voltward.simulator.station import StationModel

pytestmark = pytest.mark.journey

CLOCK = SystemClock()
NOW = CLOCK.now()
CURRENT = Validity.current(NOW)
ROOT = SimulatedAuthority.create("Operator root", NOW)
STATIONS = ROOT.subordinate("Stations", NOW)
OTHER = SimulatedAuthority.create("Another root", NOW)
NEXT = ROOT.succeed("Next root", NOW)
SECONDS = 15.0
EVERY = pytest.mark.parametrize("dialect", sorted(TABLES))


def server(authority: SimulatedAuthority) -> CertificateLogin:
    return authority.issue(Subject("localhost", "Operator"), CURRENT, hosts=["localhost"]).login


def leaf(pem: str) -> bytes:
    return x509.load_pem_x509_certificates(pem.encode())[0].public_bytes(Encoding.DER)


@dataclass(slots=True)
class World:
    """A CSMS over TLS that lets in only who shows a certificate of the operator, with its office."""

    csms: SmallCsms
    office: CertificateOffice

    @property
    def log(self) -> StationLog:
        return self.csms.stations["CP-1"]

    def dial(self) -> Dial:
        """As an installer leaves a station: with a first certificate and the operator's root."""
        first = STATIONS.issue(Subject("SN-1", "Operator"), CURRENT)
        tls = TlsOptions(ca_pem=ROOT.root_pem.decode())
        return Dial(Endpoint("127.0.0.1", self.csms.port, tls=tls), "CP-1", first.login)

    @asynccontextmanager
    async def living(
        self, dialect: str, *faults: Fault, memory: StationMemory | None = None
    ) -> AsyncIterator[LiveStation]:
        """A station that comes back whenever its link has ended."""
        model = StationModel("CP-1", dialect, "SN-1", frozenset(faults), memory=memory)
        live = LiveStation(model, CLOCK)
        dial = Dial(self.dial().endpoint, "CP-1", self.dial().login, (dialect,))
        async with asyncio.TaskGroup() as group:
            life = group.create_task(live.live(dial, pause=0.05))
            await until(lambda: "CP-1" in self.csms.connected and live.model.is_done)
            yield live
            life.cancel()

    async def shows(self, chain: str) -> None:
        """Wait until the station is here with this certificate."""
        await until(lambda: "CP-1" in self.csms.connected and self.log.certificate == leaf(chain))

    def events(self) -> list[str]:
        frames = (entry.frame.decode() for entry in self.log.received)
        return [frame.split('"type":"')[1].split('"')[0] for frame in frames if '"SecurityEvent' in frame]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 -- what the peers did is looked at, nobody tells
            await asyncio.sleep(0.01)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with small_csms(CLOCK, tls=server(ROOT), client_ca_pem=ROOT.root_pem.decode()) as csms:
        yield World(csms, CertificateOffice(csms, STATIONS, CLOCK))


@EVERY
async def test_a_certificate_is_asked_for_issued_and_used_and_the_next_one_too(
    world: World, dialect: str
) -> None:
    async with world.living(dialect) as live:
        shown = [world.log.certificate]
        for _ in range(2):
            answer, chain = await world.office.renew("CP-1")
            assert answer == "Accepted"
            await world.shows(chain)
            shown.append(world.log.certificate)
            # The link that it came up with is the proof: it answers.
            assert await world.office.installed("CP-1", AnchorUse.CSMS)

    assert len(set(shown)) == 3
    assert world.log.actions().count("BootNotification") == 1
    assert live.model.memory.keys.in_use is not None


@EVERY
async def test_a_root_is_followed_by_those_who_have_it_and_locks_out_those_who_have_not(
    world: World, dialect: str
) -> None:
    async with world.living(dialect) as live:
        answer = await world.office.install("CP-1", AnchorUse.CSMS, OTHER.root_pem.decode())
        (old, new) = await world.office.installed("CP-1", AnchorUse.CSMS)
        deleted = [await world.office.delete("CP-1", name) for name in (old, new)]
        world.csms.show(server(OTHER))
        await world.csms.go_away()
        await world.csms.come_back()
        if dialect == "ocpp1.6":  # it kept the root of its link, and nothing else
            await until(lambda: isinstance(live.outcome, ServerDistrusted))
        else:
            await until(lambda: "CP-1" in world.csms.connected)

    assert answer == "Accepted"
    assert deleted == (["Failed", "Accepted"] if dialect == "ocpp1.6" else ["Accepted", "Failed"])


async def test_a_root_that_its_predecessor_signed_takes_over_and_a_wrong_one_gives_way(world: World) -> None:
    memory = StationMemory(settings={"SecurityCtrlr.AdditionalRootCertificateCheck": "true"})
    async with world.living("ocpp2.0.1", memory=memory) as live:
        strange = await world.office.install("CP-1", AnchorUse.CSMS, OTHER.root_pem.decode())
        signed = await world.office.install("CP-1", AnchorUse.CSMS, NEXT.root_pem.decode())
        # The server goes on with the old chain: the station tries the new root, and falls back.
        await world.csms.disconnect("CP-1")
        await until(lambda: world.log.connections >= 2 and live.model.is_done)
        both = await world.office.installed("CP-1", AnchorUse.CSMS)
        world.csms.show(server(NEXT))
        await world.csms.go_away()
        await world.csms.come_back()
        await until(lambda: "CP-1" in world.csms.connected)
        one = await world.office.installed("CP-1", AnchorUse.CSMS)

    assert (strange, signed) == ("Rejected", "Accepted")
    assert (len(both), len(one)) == (2, 1)
    assert world.events().count("InvalidCsmsCertificate") >= 2  # the strange one, and the link that failed


@EVERY
async def test_a_new_certificate_that_nobody_takes_gives_way_to_the_old_one(
    world: World, dialect: str
) -> None:
    async with world.living(dialect):
        first = world.log.certificate
        await world.office.install("CP-1", AnchorUse.CSMS, OTHER.root_pem.decode())
        world.office.authority = OTHER  # the station takes its word for it, the CSMS does not
        answer, _chain = await world.office.renew("CP-1")
        await until(lambda: world.log.connections >= 2 and "CP-1" in world.csms.connected)
        if dialect != "ocpp1.6":  # which has no word for it
            await until(lambda: "DiscardedRenewedClientCertificate" in world.events())

    assert (answer, world.log.certificate) == ("Accepted", first)


@EVERY
@pytest.mark.parametrize("fault", [Fault.LOST_AFTER_TRIGGER, Fault.LOST_AFTER_CSR, Fault.REBOOTS_HALFWAY])
async def test_a_renewal_survives_a_lost_link_and_a_reboot(world: World, dialect: str, fault: Fault) -> None:
    async with world.living(dialect, fault):
        answer = await world.office.trigger("CP-1")
        if fault is not Fault.REBOOTS_HALFWAY:
            await until(lambda: world.log.connections == 2)
        request = await world.office.next_request("CP-1")
        if fault is Fault.LOST_AFTER_CSR:
            request = await world.office.next_request("CP-1")
        taken, chain = await world.office.sign("CP-1", request)
        await world.shows(chain)
        boots = 2 if fault is Fault.REBOOTS_HALFWAY else 1
        await until(lambda: world.log.actions().count("BootNotification") == boots)

    assert (answer, taken) == ("Accepted", "Accepted")


async def test_a_certificate_whose_answer_is_lost_comes_back_all_the_same(world: World) -> None:
    async with world.living("ocpp2.1", Fault.LOST_AFTER_CHAIN):
        await world.office.trigger("CP-1")
        first = world.log.certificate
        with pytest.raises(StationAway):
            await world.office.sign("CP-1", await world.office.next_request("CP-1"))
        await until(lambda: world.log.certificate != first and "CP-1" in world.csms.connected)


async def test_a_station_that_never_asks_is_not_waited_for_for_ever(world: World) -> None:
    async with world.living("ocpp1.6", Fault.CSR_NEVER_COMES):
        assert await world.office.trigger("CP-1") == "Accepted"
        with pytest.raises(StationAway):
            await world.office.next_request("CP-1", seconds=0.2)


async def test_a_station_remembers_over_its_lives_what_a_file_keeps(world: World, tmp_path: Path) -> None:
    file = MemoryFile.of(tmp_path, "CP-1")
    plan = FleetPlan(stay_seconds=2.0, day=())

    def member() -> Member:
        dial = world.dial()
        return Member(
            "CP-1",
            "SN-1",
            "ocpp2.1",
            dial.endpoint,
            dial.login,
            memory=file.read(),
            keep=file.write,
        )

    async with asyncio.TaskGroup() as group:
        first = group.create_task(run_fleet([member()], plan, CLOCK))
        await until(lambda: "CP-1" in world.csms.connected)
        _answer, chain = await world.office.renew("CP-1")
        await world.shows(chain)
    second = await run_fleet([member()], FleetPlan(day=()), CLOCK)

    assert (first.result().done, second.done) == (1, 1)
    assert world.log.certificate == leaf(chain)

"""Whom the simulator's stations trust on real links: by their roots, by name, by their own clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.certificates import Authority, Validity
from voltward.adapters.system_clock import SystemClock
from voltward.domain.secret import Secret
from voltward.simulator.csms.csms import SmallCsms, small_csms
from voltward.simulator.dial import CertificateLogin, Dial, Endpoint, PasswordLogin, TlsOptions
from voltward.simulator.faults import FIRMWARE_BUILT, Fault
from voltward.simulator.link import Connected, Outcome, ServerDistrusted, words
from voltward.simulator.live_station import LiveStation
from voltward.simulator.messages.tables import TABLES
from voltward.simulator.station import StationModel

pytestmark = pytest.mark.journey

CLOCK = SystemClock()
# Older than the firmware of the stations, as the certificates of our own authority are (field note 23).
LONG = Validity.days((FIRMWARE_BUILT - CLOCK.now()).days - 100, 900)
ROOT = Authority.create("Operator root", validity=LONG)
PASSWORD = PasswordLogin(Secret(b"a password of some length"))


@asynccontextmanager
async def served(validity: Validity | None = None, host: str = "localhost") -> AsyncIterator[SmallCsms]:
    """A CSMS whose certificate leads to the operator's root."""
    issued = ROOT.issue(host, "Operator", validity=validity, host_names=[host])
    identity = CertificateLogin(issued.chain_pem, Secret(issued.key_pem))
    async with small_csms(CLOCK, tls=identity) as csms:
        yield csms


def station(*faults: Fault, dialect: str = "ocpp2.1") -> LiveStation:
    return LiveStation(StationModel("CP-1", dialect, "SN-1", frozenset(faults)), CLOCK)


def dial(csms: SmallCsms, root: Authority = ROOT, *, check_name: bool = True) -> Dial:
    tls = TlsOptions(ca_pem=root.certificate_pem.decode(), check_name=check_name)
    return Dial(Endpoint("127.0.0.1", csms.port, tls=tls), "CP-1", PASSWORD)


async def come_in(live: LiveStation, where: Dial) -> Outcome:
    """Come in and leave again."""
    outcome = await live.connect(where)
    await live.leave()
    return outcome


async def test_a_server_has_to_lead_to_a_root_of_the_station_and_the_station_knows_which() -> None:
    async with served() as csms:
        live = station()
        trusted = await live.connect(dial(csms))
        assert isinstance(trusted, Connected), words(trusted)
        assert live.model.anchors.root_in_use == ROOT.certificate
        await live.leave()

        stranger = station()
        distrusted = await come_in(stranger, dial(csms, Authority.create("Another root")))
        assert isinstance(distrusted, ServerDistrusted), words(distrusted)
        assert csms.stations["CP-1"].connections == 1


async def test_a_server_of_another_name_is_for_stations_that_do_not_look() -> None:
    async with served(host="csms.example") as csms:
        careful = await come_in(station(), dial(csms))
        careless = await come_in(station(), dial(csms, check_name=False))

    assert isinstance(careful, ServerDistrusted), words(careful)
    assert isinstance(careless, Connected), words(careless)


async def test_a_station_whose_clock_stands_takes_only_a_server_that_is_older() -> None:
    clockless = station(Fault.CLOCK_STANDS)
    async with served(Validity.days(-30, 30)) as csms:
        young = await come_in(clockless, dial(csms))
        assert csms.stations == {}  # not a word was said
    async with served(LONG) as csms:
        other_name = await come_in(station(Fault.CLOCK_STANDS), dial(csms, Authority.create("Another root")))
        old = await clockless.connect(dial(csms))
        assert isinstance(old, Connected), words(old)
        departure = await clockless.work(seconds=10)
        said = [entry.frame for entry in csms.stations["CP-1"].received]
    async with served(Validity.days(-30, 30)) as csms:
        after_the_boot = await come_in(clockless, dial(csms))

    assert isinstance(young, ServerDistrusted)
    assert "here it is 2025-03-01" in young.reason
    assert "leads to no root" in words(other_name)
    assert departure.words == "done"
    # What happened before it knew the time is told with the time that it believed in.
    assert [b"2025-03-01" in frame for frame in said if b"InvalidCsmsCertificate" in frame] == [True]
    assert isinstance(after_the_boot, Connected), words(after_the_boot)


@pytest.mark.parametrize("dialect", sorted(TABLES))
async def test_a_clock_that_stands_checks_the_name_as_well(dialect: str) -> None:
    async with served(LONG, host="csms.example") as csms:
        outcome = await come_in(station(Fault.CLOCK_STANDS, dialect=dialect), dial(csms))

    assert "for another name" in words(outcome)

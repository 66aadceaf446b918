"""The simulator's stations, fleet and attacker against its own small CSMS, over plain ws and over TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from http import HTTPStatus
from itertools import product

import pytest

from tests.journeys.peers.material import demanding_server, loot, server_identity, target_at, tls_endpoint
from voltward.adapters.system_clock import SystemClock
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.simulator.attacks.table import ATTACKS, carry_out
from voltward.simulator.attacks.target import Attack
from voltward.simulator.csms.csms import Conduct, SmallCsms, StationAway, small_csms
from voltward.simulator.dial import Dial, Endpoint, TlsOptions, TlsVersion, password_login
from voltward.simulator.faults import Fault
from voltward.simulator.fleet import FleetPlan, Member, run_fleet, spread
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import (
    Connected,
    HttpRefused,
    NoAnswer,
    ServerDistrusted,
    TlsRefused,
    open_link,
    words,
)
from voltward.simulator.live_station import Leaving, LiveStation
from voltward.simulator.messages.messages import Saying
from voltward.simulator.messages.tables import DAY, TABLES
from voltward.simulator.station import StationModel

pytestmark = pytest.mark.journey

CLOCK = SystemClock()
PASSWORD = Secret(b"00112233445566778899aabbccddeeff00112233")
ALL = pytest.mark.parametrize("dialect", sorted(TABLES))


@pytest.fixture
async def csms() -> AsyncIterator[SmallCsms]:
    async with small_csms(CLOCK, tls=server_identity().login) as running:
        yield running


def dial_of(csms: SmallCsms, identity: str = "CP-1", dialect: str = "ocpp2.0.1") -> Dial:
    return Dial(tls_endpoint(csms.port), identity, password_login(dialect, PASSWORD), (dialect,))


def live(dialect: str = "ocpp2.0.1", *faults: Fault) -> LiveStation:
    return LiveStation(StationModel("CP-1", dialect, "SN-1", frozenset(faults)), CLOCK)


async def test_the_end_of_a_link_that_is_heard_late_leaves_the_next_one_alone(csms: SmallCsms) -> None:
    station = live()
    assert isinstance(await station.connect(dial_of(csms)), Connected)
    first = station.link
    assert first is not None
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(station.serve())
        await asyncio.sleep(0)
        assert isinstance(await station.connect(dial_of(csms)), Connected)
        await first.close()
    assert serving.done()

    assert station.is_connected
    await station.leave()


@ALL
async def test_a_station_lives_its_day_over_tls(csms: SmallCsms, dialect: str) -> None:
    station = live(dialect)
    await station.ask(DAY)
    assert isinstance(await station.connect(dial_of(csms, dialect=dialect)), Connected)
    departure = await station.work(seconds=10)

    said = TABLES[dialect].phrases
    assert departure.leaving is Leaving.DONE
    assert csms.stations["CP-1"].actions() == [
        "BootNotification", *(said[saying][0] for saying in DAY if saying in said)
    ]  # fmt: skip
    assert csms.stations["CP-1"].subprotocol == dialect


async def test_a_station_lives_its_day_without_tls() -> None:
    async with small_csms(CLOCK) as plain:
        station = live()
        endpoint = Endpoint("127.0.0.1", plain.port)
        await station.connect(Dial(endpoint, "CP-1", source="127.0.0.9"))
        assert (await station.work(seconds=10)).leaving is Leaving.DONE


async def test_the_csms_sees_the_headers_and_the_path_as_they_came(csms: SmallCsms) -> None:
    dial = replace(dial_of(csms, "A/B"), headers=(("X-Attested-Profile", "3"),))
    outcome = await open_link(dial)
    assert isinstance(outcome, Connected)
    await asyncio.sleep(0)
    await outcome.link.close()

    log = csms.stations["A/B"]
    assert (log.header("x-attested-profile"), log.path) == ("3", "/ocpp/A%2FB")
    assert (log.header("authorization") or "").startswith("Basic ")


async def test_the_csms_calls_a_station_and_gets_its_answer(csms: SmallCsms) -> None:
    station = live()
    await station.connect(dial_of(csms))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(station.serve())
        answer = await csms.call("CP-1", "GetVariables", {"getVariableData": []})
        started = await csms.call(
            "CP-1",
            "RequestStartTransaction",
            {"remoteStartId": 1, "idToken": {"idToken": "A", "type": "Central"}},
        )
        await station.ask([Saying.HEARTBEAT])
        await until(lambda: csms.stations["CP-1"].actions()[-1] == "Heartbeat")
        reset = await csms.call("CP-1", "Reset", {"type": "Immediate"})

    assert [answer.kind, started.kind, reset.kind] == [CALL_RESULT] * 3
    assert serving.result().leaving is Leaving.HUNG_UP
    assert "TransactionEvent" in csms.stations["CP-1"].actions()


async def test_a_station_that_is_told_to_leave_hangs_up(csms: SmallCsms) -> None:
    station = live()
    await station.connect(dial_of(csms))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(station.serve())
        await until(lambda: "CP-1" in csms.connected)
        await station.leave()

    assert serving.result().leaving is Leaving.HUNG_UP


async def test_a_call_to_a_station_that_does_not_answer_ends(csms: SmallCsms) -> None:
    with pytest.raises(StationAway):
        await csms.call("NOBODY", "Reset", {})
    station = live("ocpp2.0.1", Fault.SILENT)
    await station.connect(dial_of(csms))
    async with asyncio.TaskGroup() as group:
        group.create_task(station.serve())
        await until(lambda: "CP-1" in csms.connected)
        with pytest.raises(StationAway):
            await csms.call("CP-1", "Reset", {"type": "Immediate"}, seconds=0.1)
        await station.leave()


async def test_a_call_ends_when_the_station_goes_away(csms: SmallCsms) -> None:
    outcome = await open_link(dial_of(csms))
    assert isinstance(outcome, Connected)
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(away(csms))
        assert await outcome.link.receive(2.0) is not None  # the call is on its way
        outcome.link.abort()

    assert calling.result()


async def away(csms: SmallCsms) -> bool:
    await until(lambda: "CP-1" in csms.connected)
    try:
        await csms.call("CP-1", "Reset", {"type": "Immediate"}, seconds=5.0)
    except StationAway:
        return True
    return False


async def test_a_csms_that_goes_away_closes_its_links_and_comes_back_on_its_port(csms: SmallCsms) -> None:
    station, port = live(), csms.port
    await station.connect(dial_of(csms))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(station.serve())
        await until(lambda: "CP-1" in csms.connected)
        await csms.go_away()
    departure = serving.result()
    refused = await open_link(dial_of(csms))
    await csms.come_back()
    again = await open_link(dial_of(csms))

    assert departure.words == "closed with 1001"
    assert words(refused) == "nobody listens there"
    assert isinstance(again, Connected)
    assert csms.port == port
    await again.link.close()


async def test_a_csms_can_refuse_the_dial_and_be_slow(csms: SmallCsms) -> None:
    csms.conduct.refuse_with = HTTPStatus.SERVICE_UNAVAILABLE
    refused = await open_link(dial_of(csms))
    csms.conduct = Conduct(dial_delay=0.6)
    too_slow = await open_link(dial_of(csms), seconds=0.2)

    assert isinstance(refused, HttpRefused)
    assert (refused.status, refused.body) == (503, b"Service Unavailable\n")
    assert isinstance(too_slow, NoAnswer)
    assert too_slow.reason == "no answer in time"


async def test_a_csms_without_a_common_subprotocol_closes_at_once(csms: SmallCsms) -> None:
    outcome = await open_link(replace(dial_of(csms), subprotocols=("ocpp0.1",)))
    assert isinstance(outcome, Connected)

    assert words(outcome) == "connected, no subprotocol"
    assert await outcome.link.receive(2.0) is None
    assert outcome.link.closing is not None
    assert outcome.link.closing.code == 1002


async def test_a_silent_csms_leaves_the_station_overdue(csms: SmallCsms) -> None:
    csms.conduct.is_silent = True
    station = live()
    await station.connect(dial_of(csms))

    assert (await station.work(seconds=0.2)).leaving is Leaving.OVERDUE


async def test_what_is_kept_of_a_station_is_bounded() -> None:
    async with small_csms(CLOCK, conduct=Conduct(kept_frames=3)) as plain:
        station = live()
        await station.ask([Saying.HEARTBEAT] * 10)
        await station.connect(Dial(Endpoint("127.0.0.1", plain.port), "CP-1"))
        await station.work(seconds=10)

        assert len(plain.stations["CP-1"].received) == 3
        assert plain.stations["CP-1"].messages == 11


async def test_an_alert_after_the_handshake_is_told_as_one() -> None:
    """Under TLS 1.3 a refused certificate shows only on the first read."""
    for version in TlsVersion:
        async with demanding_server() as port:
            endpoint = tls_endpoint(port)
            assert endpoint.tls is not None
            pinned = replace(endpoint, tls=replace(endpoint.tls, minimum=version, maximum=version))
            outcome = await open_link(Dial(pinned, "CP-1", loot().unknown_authority))

            assert isinstance(outcome, TlsRefused), outcome
            assert outcome.alert == "unknown_ca"


async def test_a_server_that_we_do_not_trust_is_our_own_failure(csms: SmallCsms) -> None:
    outcome = await open_link(
        replace(dial_of(csms), endpoint=Endpoint("127.0.0.1", csms.port, tls=TlsOptions()))
    )

    assert isinstance(outcome, ServerDistrusted)
    assert "local issuer" in words(outcome)


async def test_a_fleet_of_every_version_lives_its_day(csms: SmallCsms) -> None:
    members = [
        Member(
            post.identity,
            post.serial,
            post.dialect,
            tls_endpoint(csms.port),
            password_login(post.dialect, PASSWORD),
        )
        for post in spread(12, profiles=[SecurityProfile.TLS_BASIC])
    ]
    heard: list[tuple[int, int]] = []
    summary = await run_fleet(
        members, FleetPlan(at_once=4, per_second=200), CLOCK, lambda done, of: heard.append((done, of))
    )

    assert summary.ok, summary
    assert (summary.stations, summary.connected, summary.done) == (12, 12, 12)
    assert heard == [(number, 12) for number in range(1, 13)]
    assert summary.connecting.samples == 12
    assert summary.answering.samples == summary.messages.answered > 12 * 10
    assert {log.identity for log in csms.stations.values()} == {member.identity for member in members}


async def test_a_fleet_that_is_refused_says_why(csms: SmallCsms) -> None:
    csms.conduct.refuse_with = HTTPStatus.UNAUTHORIZED
    members = [Member(f"CP-{n}", "SN", "ocpp1.6", tls_endpoint(csms.port), None) for n in range(3)]
    summary = await run_fleet(members, FleetPlan(per_second=200), CLOCK)

    assert (summary.ok, summary.refused) == (False, {"HTTP 401": 3})


async def test_a_fleet_keeps_to_its_rate(csms: SmallCsms) -> None:
    members = [Member(f"CP-{n}", "SN", "ocpp2.1", tls_endpoint(csms.port), None) for n in range(6)]
    summary = await run_fleet(members, FleetPlan(per_second=20, day=()), CLOCK)

    assert summary.ok
    assert summary.seconds >= 5 / 20


CREDENTIAL_ATTACKS = [
    attack
    for attack in ATTACKS
    if attack.name.endswith(
        ("certificate", "password", "headers", "authority", "profile", "only", "authorizations")
    )
    and not attack.name.startswith("second")
]


@pytest.mark.parametrize("attack", CREDENTIAL_ATTACKS, ids=lambda attack: attack.name)
async def test_an_attack_holds_when_the_refusal_was_seen(csms: SmallCsms, attack: Attack) -> None:
    csms.conduct.refuse_with = HTTPStatus.UNAUTHORIZED
    result = await carry_out(attack, target_at(csms.port))

    assert result.held, result.seen


@pytest.mark.parametrize(("status", "goes_on"), list(product([409, 401], [True, False])))
async def test_a_second_connection_holds_only_while_the_first_goes_on(
    csms: SmallCsms, status: int, goes_on: bool
) -> None:
    async def still_answers() -> bool:
        return goes_on

    csms.conduct.refuse_with = HTTPStatus(status)
    target = target_at(csms.port)
    target = replace(target, live=replace(target.live, still_answers=still_answers))
    attacks = {attack.name: attack for attack in ATTACKS}

    right = await carry_out(attacks["second-connection"], target)
    wrong = await carry_out(attacks["second-connection-wrong-password"], target)

    assert (right.held, wrong.held) == (goes_on and status == 409, goes_on and status == 401)


async def test_a_known_name_that_is_answered_differently_is_told(csms: SmallCsms) -> None:
    csms.conduct.refuse_with = HTTPStatus.UNAUTHORIZED
    attack = next(each for each in ATTACKS if each.name == "name-or-password")
    same = await carry_out(attack, target_at(csms.port))
    csms.conduct.refuse_with = None
    told = await carry_out(attack, target_at(csms.port))

    assert (same.held, told.held) == (True, False)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5.0):
        while not condition():  # noqa: ASYNC110 -- what is waited for tells nobody
            await asyncio.sleep(0.005)

"""The independent peers against each other and against the simulator, with no gateway between them."""

from __future__ import annotations

import ssl
import tempfile

import pytest

from tests.journeys.peers.byte_peers import BytePeer, byte_csms, byte_station, odd_exchanges, odd_sends
from tests.journeys.peers.csms_peer import SESSIONS, csms_peer
from tests.journeys.peers.material import server_identity
from tests.journeys.peers.station_peer import STATIONS, VENDOR, station_peer
from voltward.adapters.system_clock import SystemClock
from voltward.simulator.csms.csms import small_csms
from voltward.simulator.dial import Dial, Endpoint
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import Connected
from voltward.simulator.live_station import Leaving, LiveStation
from voltward.simulator.messages.tables import DAY, TABLES
from voltward.simulator.station import StationModel

pytestmark = pytest.mark.journey

ALL = pytest.mark.parametrize("dialect", sorted(STATIONS))
DAY_LENGTH = 11


@ALL
async def test_a_station_and_a_csms_have_their_day_over_tls(dialect: str) -> None:
    async with csms_peer(ssl=server_tls()) as csms:
        headers = [("Authorization", "Basic Q1AtMTp4")]
        url = f"wss://localhost:{csms.port}/ocpp/CP-1"
        async with station_peer(url, dialect, ssl=client_tls(), headers=headers) as station:
            session = await csms.session("CP-1")
            said = await station.live_a_day()
            asked = await session.ask_everything()

    assert [action for action, _ in said] == [action for action, _ in session.told]
    assert len(said) == DAY_LENGTH
    assert [action for action, _ in asked] == [action for action, _ in station.asked]
    assert [action for action, _ in asked][-1] == "Reset"
    assert session.headers["Authorization"] == "Basic Q1AtMTp4"
    assert dict(station.asked)["DataTransfer"] == {
        "vendor_id": VENDOR,
        "message_id": "hello",
        "data": "from csms",
    }


@ALL
async def test_our_station_has_its_day_with_an_independent_csms(dialect: str) -> None:
    station = LiveStation(StationModel("CP-1", dialect, "SN-1"), SystemClock())
    day = [saying for saying in DAY if saying not in TABLES[dialect].unanswered]
    async with csms_peer() as csms:
        await station.ask(day)
        outcome = await station.connect(
            Dial(Endpoint("127.0.0.1", csms.port), "CP-1", subprotocols=(dialect,))
        )
        departure = await station.work(seconds=10)

    assert isinstance(outcome, Connected)
    assert departure.leaving is Leaving.DONE
    assert station.model.tally.refused == 0
    assert (
        len(csms.sessions["CP-1"].told)
        == len([saying for saying in day if saying in TABLES[dialect].phrases]) + 1
    )


@ALL
async def test_an_independent_station_has_its_day_with_our_csms(dialect: str) -> None:
    async with small_csms(SystemClock()) as csms, station_peer(f"{csms.url}/CP-1", dialect) as station:
        said = await station.live_a_day()
        answer = await csms.call("CP-1", "DataTransfer", {"vendorId": "any", "data": "x"})

    assert csms.stations["CP-1"].actions() == [action for action, _ in said]
    assert (answer.kind, answer.payload) == (CALL_RESULT, {"status": "Accepted", "data": "x"})


@ALL
async def test_octets_arrive_as_they_were_sent_in_both_directions(dialect: str) -> None:
    async with byte_csms() as csms, byte_station(f"{csms.url}/CP-1", dialect) as station:
        far = await csms.peer("CP-1")
        await converse(station, far, "up")
        await converse(far, station, "down")


async def test_octets_that_nobody_answers_arrive_in_order() -> None:
    async with byte_csms() as csms, byte_station(f"{csms.url}/CP-1", "ocpp2.1") as station:
        far = await csms.peer("CP-1")
        for frame in odd_sends("up"):
            await station.send(frame)

        assert tuple(await far.got(len(odd_sends("up")))) == odd_sends("up")


async def converse(near: BytePeer, far: BytePeer, prefix: str) -> None:
    """Make every odd call, one after the other; calls and answers arrive octet by octet."""
    before, answered = len(far.received), len(near.received)
    exchanges = odd_exchanges(prefix)
    for number, exchange in enumerate(exchanges, start=1):
        far.answers[exchange.call] = exchange.answer
        await near.send(exchange.call)
        await near.got(answered + number)

    assert far.received[before:] == [exchange.call for exchange in exchanges]
    assert near.received[answered:] == [exchange.answer for exchange in exchanges]


def test_every_station_has_its_session() -> None:
    assert set(STATIONS) == set(SESSIONS) == set(TABLES)


def client_tls() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=server_identity().anchor_pem)


def server_tls() -> ssl.SSLContext:
    issued = server_identity().issued
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(issued.chain_pem + issued.key_pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context

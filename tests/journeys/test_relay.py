"""Between a station and its CSMS: who is told what about whom, what passes, what waits, what is kept back."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.deployment import Template, Wanted, World, eventually, world_of
from tests.journeys.peers.material import server_identity
from tests.journeys.player import Player, playing
from tests.journeys.slow_csms import SlowCsms, slow_csms
from voltward.adapters.system_clock import SystemClock
from voltward.simulator.csms import SmallCsms, small_csms
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT, Frame, read_frame
from voltward.simulator.hostile_frames import FrameShape, hostile_frame
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

SECRET = "5ec2e7" * 6 + "cafe"
GROUPS = """
[group.idle]
idle_timeout = "2 s"
ping_interval = "1 s"
pong_timeout = "1 s"

[group.deaf]
ping_interval = "1 s"
pong_timeout = "1 s"
"""
WANTED = (Wanted("IDLE", 2, None, "idle"), Wanted("DEAF", 2, None, "deaf"), Wanted("Mixed Case #1", 2))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("relay"), GROUPS, wanted=WANTED) as world:
        yield world


@pytest.fixture(autouse=True)
def _plain_conduct(world: World) -> None:
    """Each test meets a CSMS that behaves."""
    conduct = world.csms.conduct
    conduct.is_silent, conduct.refuse_with, conduct.dial_delay, conduct.answer_delay = False, None, 0.0, 0.0


# -- the CSMS comes and goes ------------------------------------------------------------------------------


async def test_without_a_csms_a_station_is_told_that_it_is_offline(world: World) -> None:
    part = world.take(2)
    await world.csms.go_away()
    try:
        outcome = await world.knock(part)
    finally:
        await world.csms.come_back()

    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 503
    assert dict(outcome.headers)["Retry-After"] == "30"
    event = await world.gateway.event("csms_unreachable", subject=part.identity)
    assert event["reason"].startswith("cannot connect")
    async with playing(world.dial(part)) as player:
        assert (await player.boot()).kind == CALL_RESULT


async def test_a_csms_that_refuses_the_dial_is_told_with_its_status(world: World) -> None:
    part = world.take(2)
    world.csms.conduct.refuse_with = HTTPStatus.FORBIDDEN
    outcome = await world.knock(part)

    assert isinstance(outcome, HttpRefused)
    assert outcome.status == 503
    event = await world.gateway.event("csms_unreachable", subject=part.identity)
    assert event["status"] == 403


async def test_a_csms_that_closes_takes_the_stations_link_with_it(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        await world.csms.disconnect(part.identity, 1000, "maintenance")
        closing = await player.closed()
    assert closing.code == 1001
    event = await world.gateway.event("csms_link_lost", subject=part.identity)
    assert "maintenance" in event["reason"]


async def test_a_station_that_goes_takes_its_csms_link_with_it(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        assert part.identity in world.csms.connected
        player.link.abort()

    async def is_gone() -> bool:
        return part.identity not in world.csms.connected

    assert await eventually(is_gone)


async def test_nothing_is_answered_in_the_name_of_a_silent_csms(world: World) -> None:
    part = world.take(2)
    world.csms.conduct.is_silent = True
    async with playing(world.dial(part)) as player:
        await player.say("Heartbeat")
        await arrived(world, part.identity, 1)
        with pytest.raises(TimeoutError):
            await player.heard_raw(1, seconds=1)


# -- who it is --------------------------------------------------------------------------------------------


async def test_the_csms_is_told_the_verified_facts_and_never_the_password(world: World) -> None:
    by_password, by_certificate = world.take(2), world.take(3)
    async with playing(world.dial(by_password, "ocpp1.6")), playing(world.dial(by_certificate)):
        first, second = (world.csms.stations[part.identity] for part in (by_password, by_certificate))

    assert first.header("X-Voltward-Station") == by_password.identity
    assert first.header("X-Voltward-Profile") == "2"
    assert first.header("X-Voltward-Credential") == "password (octets)"
    assert first.header("X-Voltward-Fingerprint") is None
    assert first.header("Authorization") is None
    assert second.header("X-Voltward-Profile") == "3"
    assert second.header("X-Voltward-Serial") == by_certificate.serial
    assert by_certificate.issued is not None
    assert second.header("X-Voltward-Fingerprint") == by_certificate.issued.fingerprint.hex()
    assert second.header("X-Voltward-Credential") == "certificate"


async def test_headers_that_a_station_invents_do_not_reach_the_csms(world: World) -> None:
    part = world.take(2)
    invented = (("X-Voltward-Profile", "3"), ("X-Voltward-Station", "somebody"), ("X-Own", "1"))
    async with playing(world.dial(part, headers=invented)):
        log = world.csms.stations[part.identity]
    told = [value for name, value in log.headers if name.lower() == "x-voltward-profile"]
    assert told == ["2"]
    assert log.header("X-Voltward-Station") == part.identity
    assert log.header("X-Own") is None


async def test_an_odd_identity_is_encoded_once_towards_the_csms(world: World) -> None:
    part = world.parts["Mixed Case #1"]
    async with playing(world.dial(part, "ocpp1.6")):
        assert world.csms.stations[part.identity].path == "/ocpp/Mixed%20Case%20%231"


async def test_the_route_decides_about_tls_basic_protocols_and_headers(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with routed(template, tmp_path_factory.mktemp("routed")) as (world, csms):
        part = world.take(2)
        async with playing(world.dial(part, subprotocols=("ocpp2.1", "ocpp2.0.1"))) as player:
            assert player.link.subprotocol == "ocpp2.0.1"
            assert (await player.boot()).kind == CALL_RESULT
            log = csms.stations[part.identity]
        event = await world.gateway.event("station_admitted", subject=part.identity)
        only_newest = await world.knock(world.take(2), subprotocols=("ocpp2.1",))

        assert event["subprotocol"] == "ocpp2.0.1"
        stored = base64.b64encode(f"gw-{part.identity}:stored-with-care".encode()).decode()
        assert log.header("Authorization") == f"Basic {stored}"
        assert log.header("X-Who") == f"{part.identity} at 2"
        assert log.header("X-Voltward-Station") is None
        assert isinstance(only_newest, HttpRefused)
        assert only_newest.status == 400
        said = "\n".join(world.gateway.lines)
        assert "stored-with-care" not in said
        assert stored not in said


async def test_a_slow_dial_ends_after_its_time_with_503(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with routed(template, tmp_path_factory.mktemp("slow-dial")) as (world, csms):
        csms.conduct.dial_delay = 4
        outcome = await world.knock(world.take(2))
        assert isinstance(outcome, HttpRefused), words(outcome)
        assert outcome.status == 503
        assert 1.0 <= outcome.seconds < 4.0


async def test_a_csms_whose_certificate_is_not_trusted_is_not_spoken_to(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with routed(template, tmp_path_factory.mktemp("wrong-ca"), ca="public/root-rsa.pem") as (world, csms):
        part = world.take(2)
        outcome = await world.knock(part)
        assert isinstance(outcome, HttpRefused), words(outcome)
        assert outcome.status == 503
        event = await world.gateway.event("csms_unreachable", subject=part.identity)
        assert event["reason"].startswith("tls:")
        assert part.identity not in csms.stations


async def test_the_stations_own_basic_header_is_passed_on_where_the_route_says_so(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("passed")
    async with world_of(template, folder, overrides=["csms.basic=pass"]) as world:
        part = world.take(2)
        async with playing(world.dial(part, "ocpp1.6")) as player:
            assert (await player.boot()).kind == CALL_RESULT
            login = part.login("ocpp1.6")
            assert isinstance(login, PasswordLogin)
            assert world.csms.stations[part.identity].header("Authorization") == login.header(part.identity)[1]
        assert login.header(part.identity)[1] not in "\n".join(world.gateway.lines)


# -- the pace ---------------------------------------------------------------------------------------------


async def test_a_station_has_eight_calls_open_and_the_ninth_waits(world: World) -> None:
    part = world.take(2)
    world.csms.conduct.is_silent = True
    async with playing(world.dial(part)) as player:
        ids = [await player.say("Heartbeat") for _ in range(12)]
        await arrived(world, part.identity, 8)
        await asyncio.sleep(0.5)  # nothing may come: there is no event for that
        assert open_calls(world, part.identity) == ids[:8]
        await world.csms.send_raw(part.identity, b'[3,"s1",{"currentTime":"2026-11-20T12:00:00Z"}]')
        await arrived(world, part.identity, 9)
        assert open_calls(world, part.identity) == ids[:9]


async def test_a_rate_limit_slows_a_station_and_loses_nothing(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rate")
    async with world_of(template, folder, "[relay]\nmessages_per_minute = 120") as world:
        part = world.take(2)
        async with playing(world.dial(part, "ocpp2.1")) as player:
            started = asyncio.get_running_loop().time()
            for number in range(126):
                await player.link.send(f'[6,"n{number}","NotifyPeriodicEventStream",{{"id":{number}}}]'.encode())
            await world.gateway.event("station_slowed", subject=part.identity)
            await arrived(world, part.identity, 126)
            took = asyncio.get_running_loop().time() - started
        ids = [frame.message_id for frame in frames_of(world, part.identity)]
    assert ids == [f"n{number}" for number in range(126)]
    assert took >= 2.5  # two a second over the first 120


async def test_the_csmss_calls_go_one_at_a_time_and_urgent_ones_first(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part, "ocpp1.6")) as player:
        await player.boot()
        player.answers = dict.fromkeys(("ClearCache", "GetLocalListVersion", "RemoteStartTransaction"))
        for number, action in enumerate(("ClearCache", "GetLocalListVersion", "RemoteStartTransaction")):
            await world.csms.send_raw(part.identity, json.dumps([2, f"q{number}", action, {}]).encode())
        await player.heard_call("ClearCache")
        await asyncio.sleep(0.3)  # nothing more may come
        assert player.asked() == ["ClearCache"]
        await player.link.send(b'[3,"q0",{"status":"Accepted"}]')
        await player.heard_call("RemoteStartTransaction")
        await player.link.send(b'[3,"q2",{"status":"Accepted"}]')
        await player.heard_call("GetLocalListVersion")
    assert player.asked() == ["ClearCache", "RemoteStartTransaction", "GetLocalListVersion"]


CHUNK = 200_000  # octets of a message
CHUNKS = 250


async def test_a_slow_csms_stops_the_station_and_nothing_is_lost(stuck: tuple[World, SlowCsms]) -> None:
    world, csms = stuck
    part = world.take(2)
    async with playing(world.dial(part, "ocpp2.1")) as player:
        csms.gate.clear()
        before, done = memory_of(world), 0

        async def send_all() -> None:
            nonlocal done
            for number in range(CHUNKS):
                assert await send_patiently(player, chunk(number))
                done += 1

        sending = asyncio.create_task(send_all())
        stalled = await settles(lambda: done)
        grown = memory_of(world) - before
        csms.gate.set()
        await sending
        await reaches(lambda: len(csms.received[part.identity]), CHUNKS)

    assert stalled < CHUNKS  # the station was not read any more
    assert grown < 25_000_000
    assert csms.received[part.identity] == [chunk(number) for number in range(CHUNKS)]


async def test_a_slow_station_stops_the_csms_and_nothing_is_lost(stuck: tuple[World, SlowCsms]) -> None:
    world, csms = stuck
    part = world.take(2)
    async with playing(world.dial(part, "ocpp2.1")) as player:
        await player.link.send(b'[6,"hello","NotifyPeriodicEventStream",{}]')
        await reaches(lambda: len(csms.received.get(part.identity, ())), 1)
        transport = player.link._connection.transport
        transport.pause_reading()
        before, done = memory_of(world), 0

        async def send_all() -> None:
            nonlocal done
            for number in range(CHUNKS):
                await csms.connections[part.identity].send(chunk(number, "Vendor"), text=True)
                done += 1

        sending = asyncio.create_task(send_all())
        stalled = await settles(lambda: done)
        grown = memory_of(world) - before
        transport.resume_reading()
        await sending
        heard = await player.heard_raw(CHUNKS)

    assert stalled < CHUNKS
    assert grown < 25_000_000
    assert heard == [chunk(number, "Vendor") for number in range(CHUNKS)]


async def test_the_csms_chooses_the_subprotocol_and_101_says_which(stuck: tuple[World, SlowCsms]) -> None:
    world, csms = stuck
    csms.speaks = ("ocpp1.6",)
    try:
        async with playing(world.dial(world.take(2), subprotocols=("ocpp2.1", "ocpp1.6"))) as player:
            assert player.link.subprotocol == "ocpp1.6"
        outcome = await world.knock(world.take(2), subprotocols=("ocpp2.1",))
        assert isinstance(outcome, HttpRefused)
        assert outcome.status == 503
    finally:
        csms.speaks = ("ocpp2.1",)


# -- frames -----------------------------------------------------------------------------------------------

BROKEN = {
    "half": (b'[2,"half","Heartbeat",{', "not-json", None),
    "duplicate-keys": (b'[2,"twice","DataTransfer",{"vendorId":"a","vendorId":"b"}]', "duplicate-key", "twice"),
    "nan": (b'[2,"nan","DataTransfer",{"data":NaN}]', "not-a-number", "nan"),
    "deep": (b'[2,"deep","DataTransfer",{"a":' + b"[" * 60 + b"]" * 60 + b"}]", "too-deep", "deep"),
    "no-array": (b'{"a":1}', "not-an-array", None),
    "type-9": (b'[9,"nine",{}]', "message-type", None),
    "long-id": (b'[2,"' + b"x" * 40 + b'","Heartbeat",{}]', "message-id", None),
    "huge-boot": (
        b'[2,"huge","BootNotification",{"x":"' + b"x" * 20000 + b'"}]',
        "too-large-for-action",
        "huge",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_frame_that_can_be_misread_goes_nowhere(world: World, name: str) -> None:
    raw, reason, message_id = BROKEN[name]
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.link.send(raw)
        event = await world.gateway.event("frame_refused", subject=part.identity)
        if message_id is not None:
            answer = await player.answer_to(message_id)
            assert answer.kind == CALL_ERROR
        assert (await player.call("Heartbeat")).kind == CALL_RESULT  # the link goes on

    assert (event["reason"], event["leg"]) == (reason, "station")
    assert world.csms.stations[part.identity].actions() == ["Heartbeat"]


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (hostile_frame(b"x" * 4096, FrameShape(announced=64 << 20)), 1009),
        (hostile_frame(b'[2,"a","Heartbeat",{}]', FrameShape(is_masked=False)), 1002),
        (hostile_frame(b'[2,"a","Heartbeat",{}]', FrameShape(reserved=4)), 1002),
        (hostile_frame(b'[2,"a","Heartbeat",{}]', FrameShape(opcode=0x3)), 1002),
        (hostile_frame(b"\x01\x02", FrameShape(opcode=0x2)), 1003),
    ],
    ids=["oversize", "unmasked", "reserved-bit", "opcode", "binary"],
)
async def test_a_frame_outside_of_the_protocol_ends_the_link_with_its_code(
    world: World, octets: bytes, code: int
) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        player.link.send_raw(octets)
        assert (await player.closed()).code == code
    assert world.csms.stations[part.identity].messages == 0


async def test_a_message_over_the_limit_ends_the_link_with_1009(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.link.send(b'[2,"big","DataTransfer",{"data":"' + b"x" * (1 << 20) + b'"}]')
        assert (await player.closed()).code == 1009


async def test_too_many_broken_frames_end_the_link(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        for _ in range(21):
            await player.link.send(b"[")
        assert (await player.closed()).code == 1008


async def test_broken_utf_8_never_reaches_the_csms(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        player.link.send_raw(
            hostile_frame(b'[2,"utf","DataTransfer",{"vendorId":"\xff\xfe"}]', FrameShape())
        )
        answered = asyncio.create_task(player.answer_to("utf"))
        closed = asyncio.create_task(player.closed())
        done, pending = await asyncio.wait(
            {answered, closed}, timeout=10, return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()
        assert done
        assert answered.result().kind == CALL_ERROR if answered in done else closed.result().code == 1007
    assert world.csms.stations[part.identity].messages == 0


async def test_answers_that_nobody_asked_for_are_dropped_with_an_event(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        await player.link.send(b'[3,"never-asked",{"status":"Accepted"}]')
        event = await world.gateway.event("answer_dropped", subject=part.identity)
        await world.csms.send_raw(part.identity, b'[3,"not-asked-either",{}]')
        other = await world.gateway.event("answer_dropped", subject=part.identity, leg="csms")
        assert (await player.call("Heartbeat")).kind == CALL_RESULT

    assert (event["reason"], event["leg"]) == ("unasked", "station")
    assert other["reason"] == "unasked"
    assert world.csms.stations[part.identity].actions() == ["BootNotification", "Heartbeat"]
    assert [frame.message_id for frame in player.frames] == ["s1", "s2"]


async def test_a_late_answer_is_dropped_with_an_event(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("late")
    async with world_of(template, folder, '[relay]\ncall_timeout = "1 s"') as world:
        part = world.take(2)
        async with playing(world.dial(part)) as player:
            player.answers["GetReport"] = None
            await world.csms.send_raw(part.identity, b'[2,"r1","GetReport",{}]')
            await player.heard_call("GetReport")
            await world.gateway.event("call_timed_out", subject=part.identity, message_id="r1")
            await player.link.send(b'[3,"r1",{"status":"Accepted"}]')
            event = await world.gateway.event("answer_dropped", subject=part.identity)
            await player.boot()
        assert event["reason"] == "late"
        assert world.csms.stations[part.identity].actions() == ["BootNotification"]
        assert world.csms.stations[part.identity].messages == 1


async def test_a_repeated_answer_is_dropped_with_an_event(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await world.csms.call(part.identity, "GetReport", {})
        asked = await player.heard_call("GetReport")
        await player.link.send(f'[3,"{asked.message_id}",{{"status":"Rejected"}}]'.encode())
        event = await world.gateway.event("answer_dropped", subject=part.identity)
    assert event["reason"] == "duplicate"
    assert world.csms.stations[part.identity].messages == 1


async def test_2_1_disputes_an_answer_once_and_to_whoever_gave_it(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part, "ocpp2.1")) as player:
        await player.call("Heartbeat")
        dispute = b'[5,"s1","FormatViolation","currentTime is missing",{}]'
        await player.link.send(dispute)
        await arrived(world, part.identity, 2)
        await player.link.send(dispute)
        event = await world.gateway.event("answer_dropped", subject=part.identity)
    assert [entry.frame for entry in world.csms.stations[part.identity].received][1:] == [dispute]
    assert event["leg"] == "station"


async def test_types_5_and_6_are_no_messages_of_the_older_versions(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part, "ocpp2.0.1")) as player:
        await player.link.send(b'[6,"s","NotifyPeriodicEventStream",{}]')
        event = await world.gateway.event("frame_refused", subject=part.identity)
        assert (await player.call("Heartbeat")).kind == CALL_RESULT
    assert event["reason"] == "message-type"
    assert world.csms.stations[part.identity].messages == 1


# -- the command policy -----------------------------------------------------------------------------------


async def test_no_password_goes_to_a_1_6_station_or_comes_from_it(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part, "ocpp1.6")) as player:
        await player.boot()
        player.answers["GetConfiguration"] = {
            "configurationKey": [
                {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
                {"key": "AuthorizationKey", "readonly": False, "value": SECRET},
            ]
        }
        player.answers["DataTransfer"] = {"status": "Accepted", "data": "back"}
        call = world.csms.call
        refused = await call(part.identity, "ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET})
        sloppy = await call(part.identity, "ChangeConfiguration", {"key": "authorizationkey", "value": SECRET})
        url = await call(part.identity, "ChangeConfiguration", {"key": "CentralSystemURL", "value": "ws://x"})
        taken = await call(part.identity, "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"})
        read = await call(part.identity, "GetConfiguration", {})
        vendor = await call(part.identity, "DataTransfer", {"vendorId": "v", "data": "there"})

    for answer in (refused, sloppy, url):
        assert (answer.kind, answer.payload) == (CALL_RESULT, {"status": "Rejected"})
    assert taken.payload == {"status": "Accepted"}
    assert player.asked() == ["ChangeConfiguration", "GetConfiguration", "DataTransfer"]
    assert vendor.payload == {"status": "Accepted", "data": "back"}
    rows = (read.payload or {})["configurationKey"]
    assert rows[0] == {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    assert SECRET not in json.dumps(read.payload)
    controls = [event["control"] for event in world.gateway.seen("message_blocked", subject=part.identity)]
    assert controls == ["CMD-02", "CMD-02", "CMD-04", "CMD-05"]


async def test_blocked_variables_are_refused_one_by_one_and_merged_in_order(world: World) -> None:
    part = world.take(2)
    names = [
        ("OCPPCommCtrlr", "HeartbeatInterval"),
        ("SecurityCtrlr", "BasicAuthPassword"),
        ("TxCtrlr", "StopTxOnEVSideDisconnect"),
        ("SecurityCtrlr", "SecurityProfile"),
    ]
    data = [
        {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": SECRET}
        for component, variable in names
    ]
    async with playing(world.dial(part)) as player:
        await player.boot()
        player.answers["SetVariables"] = {
            "setVariableResult": [
                {"attributeStatus": "Accepted", **{key: row[key] for key in ("component", "variable")}}
                for row in (data[0], data[2])
            ]
        }
        answer = await world.csms.call(part.identity, "SetVariables", {"setVariableData": data})
        asked = await player.heard_call("SetVariables")

    results = (answer.payload or {})["setVariableResult"]
    assert [row["variable"]["name"] for row in results] == [variable for _, variable in names]
    assert [row["attributeStatus"] for row in results] == ["Accepted", "Rejected", "Accepted", "Rejected"]
    assert asked.payload == {"setVariableData": [data[0], data[2]]}


async def test_known_actions_do_not_go_the_wrong_way(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        up = await player.call("SetVariables", {"setVariableData": []})
        down = await world.csms.call(part.identity, "BootNotification", {})
    assert (up.kind, up.error) == (CALL_ERROR, "SecurityError")
    assert (down.kind, down.error) == (CALL_ERROR, "SecurityError")
    assert player.asked() == []
    assert world.csms.stations[part.identity].actions() == ["BootNotification"]


async def test_a_security_event_is_on_disk_before_the_csms_hears_of_it(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        await player.boot()
        event = {"type": "TamperDetectionActivated", "timestamp": "2026-11-20T12:00:00Z", "techInfo": "lid"}
        answer = await player.call("SecurityEventNotification", event)
        rows = await world.journal("security_event_reported", subject=part.identity)
    assert answer.kind == CALL_RESULT
    assert [row.facts["type"] for row in rows] == ["TamperDetectionActivated"]
    assert world.csms.stations[part.identity].actions() == ["BootNotification", "SecurityEventNotification"]


async def test_no_secret_stands_in_the_log_or_the_journal(world: World) -> None:
    parts = [world.take(2) for _ in range(2)]
    for part, dialect in zip(parts, ("ocpp1.6", "ocpp2.0.1"), strict=True):
        async with playing(world.dial(part, dialect)) as player:
            await player.boot()
            await player.call("DataTransfer", {"vendorId": "v", "data": SECRET})
            await player.link.send(f'[2,"b","DataTransfer",{{"a":"{SECRET}","a":1}}]'.encode())
            await player.answer_to("b")
            await world.csms.call(part.identity, "DataTransfer", {"vendorId": "v", "data": SECRET})
        await world.gateway.event("link_closed", subject=part.identity)
    rows = await world.deployment.journal.tail(5000)
    said = "\n".join(world.gateway.lines) + repr([row.event for row in rows])

    assert SECRET not in said
    for part in parts:
        assert part.password is not None
        text = part.password.reveal().decode()
        header = base64.b64encode(f"{part.identity}:{text}".encode()).decode()
        for spelling in (text, text.upper(), header, repr(bytes.fromhex(text))[2:-1]):
            assert spelling not in said


# -- signs of life ----------------------------------------------------------------------------------------


async def test_a_station_that_says_nothing_is_sent_home_though_it_answers_pings(world: World) -> None:
    part = world.parts["IDLE"]
    async with playing(world.dial(part)) as player:
        assert (await player.call("Heartbeat")).kind == CALL_RESULT
        started = asyncio.get_running_loop().time()
        closing = await player.closed()
    assert (closing.code, closing.reason) == (1000, "idle")
    assert 1.5 < asyncio.get_running_loop().time() - started < 8


async def test_a_station_that_answers_no_ping_is_let_go(world: World) -> None:
    part = world.parts["DEAF"]
    async with playing(world.dial(part)) as player:
        assert (await player.call("Heartbeat")).kind == CALL_RESULT
        mark = world.gateway.mark
        player.hold_still()
        event = await world.gateway.event("link_closed", since=mark, subject=part.identity, seconds=8)
        player.link.abort()
    assert event["seconds"] > 1.5


async def test_a_station_that_answers_pings_stays(world: World) -> None:
    part = world.parts["DEAF"]
    async with playing(world.dial(part)) as player:
        await asyncio.sleep(3.5)  # longer than its ping and pong times together
        assert player.link.closing is None
        assert (await player.call("Heartbeat")).kind == CALL_RESULT


# -- helpers ----------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stuck(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[World, SlowCsms]]:
    async with slow_csms() as csms:
        folder = tmp_path_factory.mktemp("stuck")
        async with world_of(template, folder, csms_url=csms.url) as world:
            yield world, csms


@asynccontextmanager
async def routed(
    template: Template, folder: Path, ca: str = "csms-root.pem"
) -> AsyncIterator[tuple[World, SmallCsms]]:
    """A CSMS behind TLS, and a route that says everything that a route can say."""
    identity = server_identity()
    async with small_csms(SystemClock(), tls=identity.login) as csms:
        url = f"wss://localhost:{csms.port}/tenant-7/{{station}}"
        settings = (
            f'[csms.headers]\nX-Who = "{{station}} at {{profile}}"\n',
            "csms.basic=stored",
            "csms.stored_user=gw-{station}",
            "csms.stored_password=file:csms-password",
            f"csms.ca={ca}",
            'csms.dial_timeout="1 s"',
            'csms.protocols=["ocpp2.0.1", "ocpp1.6"]',
        )
        folder.mkdir(exist_ok=True)
        (folder / "csms-root.pem").write_text(identity.anchor_pem)
        (folder / "csms-password").write_text("stored-with-care\n")
        (folder / "csms-password").chmod(0o600)
        async with world_of(template, folder, settings[0], overrides=settings[1:], csms_url=url) as world:
            yield world, csms


def chunk(number: int, action: str = "NotifyPeriodicEventStream") -> bytes:
    return f'[6,"c{number}","{action}",{{"data":"{"x" * CHUNK}"}}]'.encode()


async def send_patiently(player: Player, frame: bytes) -> bool:
    """The link's own patience ends after ten seconds; here the other side may take longer."""
    await player.link._connection.send(frame, text=True)
    return player.link.closing is None


async def settles(count: Callable[[], int]) -> int:
    """The count, once it has not moved for half a second: there is no event for nothing happening."""
    last, since = count(), asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() - since < 0.5:
        await asyncio.sleep(0.02)
        if count() != last:
            last, since = count(), asyncio.get_running_loop().time()
    return last


async def reaches(count: Callable[[], int], number: int) -> None:
    async def is_there() -> bool:
        return count() >= number

    assert await eventually(is_there, seconds=30)


async def arrived(world: World, identity: str, number: int) -> None:
    """So many messages of the station have reached the CSMS."""
    await reaches(lambda: world.csms.stations[identity].messages, number)


def frames_of(world: World, identity: str) -> list[Frame]:
    frames = (read_frame(entry.frame) for entry in world.csms.stations[identity].received)
    return [frame for frame in frames if frame is not None]


def open_calls(world: World, identity: str) -> list[str]:
    return [frame.message_id for frame in frames_of(world, identity)]


def memory_of(world: World) -> int:
    """Resident octets of the gateway."""
    pages = int(Path(f"/proc/{world.gateway.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

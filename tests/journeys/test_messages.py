"""What passes between a station and its CSMS, what is dropped, what is kept back, and what is told of it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.journeys.deployment import Template, World, world_of
from tests.journeys.player import playing
from voltward.simulator.attacks.hostile_frames import FrameShape, hostile_frame
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

SECRET = "5ec2e7" * 6 + "cafe"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("messages")) as world:
        yield world


# -- frames -----------------------------------------------------------------------------------------------

BROKEN = {
    "half": (b'[2,"half","Heartbeat",{', "not-json", None),
    "duplicate-keys": (
        b'[2,"twice","DataTransfer",{"vendorId":"a","vendorId":"b"}]',
        "duplicate-key",
        "twice",
    ),
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
        player.link.send_raw(hostile_frame(b'[2,"utf","DataTransfer",{"vendorId":"\xff\xfe"}]', FrameShape()))
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
        await world.arrived(part.identity, 2)
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
        refused = await call(
            part.identity, "ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}
        )
        sloppy = await call(
            part.identity, "ChangeConfiguration", {"key": "authorizationkey", "value": SECRET}
        )
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
    blocked = await world.gateway.several(4, "message_blocked", subject=part.identity)
    controls = [event["control"] for event in blocked]
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
        row = await world.row("security_event_reported", part.identity)  # by way of the spool
    assert answer.kind == CALL_RESULT
    assert row.facts["type"] == "TamperDetectionActivated"
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

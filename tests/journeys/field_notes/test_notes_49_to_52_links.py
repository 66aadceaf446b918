"""Field notes 49 to 52: habits of keep-alive, half-open sockets, compression, fragments and small buffers."""

from __future__ import annotations

import pytest

from tests.journeys.deployment import World
from tests.journeys.player import playing
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

COMPRESSED = bytes([0xC1, 0x82, 1, 2, 3, 4, 0x30, 0x30])  # a text frame with RSV1 set, masked


async def test_note_49_a_station_at_its_own_pace_is_closed_for_idleness_alone(world: World) -> None:
    async with playing(world.dial(world.parts["Sleepy-1"])) as player:
        assert (await player.boot()).kind == CALL_RESULT
        closing = await player.closed()
    assert closing.code == 1000
    admitted = await world.gateway.event("station_admitted", subject="Sleepy-1")
    assert admitted["quirks"] == ["keepalive-pace"]


async def test_note_50_a_newcomer_takes_the_place_of_a_link_that_lives_by_its_quirk(world: World) -> None:
    part = world.parts["Odd-8"]
    async with playing(world.dial(part)) as old:
        await old.boot()
        async with playing(world.dial(part)) as new:
            assert (await old.closed()).code == 4001
            assert (await new.boot()).kind == CALL_RESULT


async def test_note_50_without_the_quirk_the_living_link_stays(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as old:
        await old.boot()
        outcome = await world.knock(part)
        assert isinstance(outcome, HttpRefused), words(outcome)
        assert outcome.status == 409
        assert (await old.call("Heartbeat")).kind == CALL_RESULT


async def test_note_51_a_compressed_frame_that_nobody_agreed_on_ends_the_link_with_a_reason(
    world: World,
) -> None:
    async with playing(world.dial(world.take(2))) as player:
        await player.boot()
        player.link.send_raw(COMPRESSED)
        assert (await player.closed()).code == 1002


async def test_note_52_messages_reach_a_small_buffer_in_pieces_and_whole(world: World) -> None:
    part = world.parts["Odd-9"]
    sent = {"vendorId": "com.example", "data": "x" * 3000}
    async with playing(world.dial(part)) as player:
        await player.boot()
        player.answers["DataTransfer"] = {"status": "Accepted"}
        await world.csms.call(part.identity, "DataTransfer", sent)
        assert (await player.heard_call("DataTransfer")).payload == sent
    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert {"small-frames", "small-records"} <= set(event["quirks"])


async def test_note_52_a_call_that_would_not_fit_into_the_station_is_answered_and_never_sent(
    world: World,
) -> None:
    part, mark = world.parts["Tiny-1"], world.gateway.mark
    async with playing(world.dial(part)) as player:
        await player.boot()
        player.answers["DataTransfer"] = {"status": "Accepted"}
        data = {"vendorId": "com.example", "data": "x" * 3000}
        refused = await world.csms.call(part.identity, "DataTransfer", data)
        assert refused.kind == CALL_ERROR
        fits = {**data, "data": "x" * 300}
        assert (await world.csms.call(part.identity, "DataTransfer", fits)).kind == CALL_RESULT
        assert (await player.heard_call("DataTransfer")).payload == fits
    told = await world.gateway.event("call_refused", since=mark, subject=part.identity)
    assert (told["reason"], told["action"]) == ("too-long-for-station", "DataTransfer")


async def test_note_52_fragments_of_a_station_are_put_together(world: World) -> None:
    async with playing(world.dial(world.take(2))) as player:
        await player.boot()
        whole = b'[2,"pieces","Heartbeat",{}]'
        player.link.send_raw(_frame(0x01, whole[:9]) + _frame(0x00, whole[9:14]) + _frame(0x80, whole[14:]))
        assert (await player.answer_to("pieces")).kind == CALL_RESULT


def _frame(first: int, payload: bytes) -> bytes:
    """A frame of a client, masked with noughts."""
    return bytes([first, 0x80 | len(payload), 0, 0, 0, 0]) + payload

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.hall import HEAD, Arrived, Hall
from tests.fakes.sockets import LeapingLoop, on_leaping_loop
from tests.fakes.tls_peer import TlsPeer
from voltward.gateway.channel.intake import SIGNS_AT_ONCE
from voltward.wire.websocket import Close, Ping, Pong, Text

# -- before the answer


async def test_a_whole_request_is_judged_and_holds_its_place_until_it_is_answered() -> None:
    hall = Hall()
    came = Arrived(hall)

    came.says(HEAD[:40])
    assert hall.requests == []
    came.says(HEAD[40:])

    (request,) = hall.requests
    assert (request.target, request.subprotocols) == ("/ocpp/CP001", ("ocpp1.6",))
    assert (came.channel.is_there, hall.half_open.in_all, came.channel.address) == (True, 1, "192.0.2.7")
    came.channel.turn_away(401, b"refused\n", ())
    assert (hall.half_open.in_all, came.channel.is_there) == (0, False)
    assert came.transport.written.startswith(b"HTTP/1.1 401 ")
    assert came.transport.is_ended
    came.gone()


async def test_a_request_that_is_none_is_answered_by_its_fault() -> None:
    hall = Hall()
    came = Arrived(hall)

    came.says(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert came.transport.written.startswith(b"HTTP/1.1 4")
    assert hall.requests == []
    assert hall.reasons[0].startswith("request: ")
    came.gone()


@pytest.mark.parametrize("late", [b"", b"x"])
async def test_whoever_speaks_before_the_answer_is_cut_off(late: bytes) -> None:
    hall = Hall()
    came = Arrived(hall)

    came.says(HEAD + late)
    if not late:
        came.says(b"x")

    assert (hall.reasons, came.transport.is_aborted) == (["spoke-too-early"], True)


async def test_too_many_at_the_door_are_turned_away_without_a_word() -> None:
    hall = Hall(half_open=2)
    first, second, third = (Arrived(hall) for _ in range(3))

    assert (third.transport.is_aborted, hall.reasons) == (True, ["too-many-half-open"])
    first.gone()
    assert not Arrived(hall).transport.is_aborted
    assert not second.transport.is_aborted


async def test_a_place_is_given_back_once_whatever_ends_it() -> None:
    hall = Hall()
    came = Arrived(hall)
    came.says(HEAD)

    came.channel.turn_away(401, b"", ())
    came.channel.abort()
    came.gone()

    assert hall.half_open.in_all == 0


def test_a_request_that_does_not_come_is_waited_for_five_seconds() -> None:
    async def story(loop: LeapingLoop) -> None:
        hall = Hall()
        came = Arrived(hall)
        came.says(HEAD[:40])
        loop.leap(4.9)
        await asyncio.sleep(0.001)
        assert not came.transport.is_aborted

        loop.leap(0.2)
        await asyncio.sleep(0.001)

        assert (hall.reasons, came.transport.is_aborted) == (["request-timeout"], True)

    on_leaping_loop(story)


def test_a_judgement_may_take_longer_than_a_request() -> None:
    async def story(loop: LeapingLoop) -> None:
        came = Arrived(Hall())
        came.says(HEAD)
        loop.leap(60)
        await asyncio.sleep(0.001)
        assert came.channel.is_there

    on_leaping_loop(story)


async def test_a_station_that_goes_while_it_is_judged_ends_its_judgement() -> None:
    came = Arrived(Hall())
    came.says(HEAD)

    async with asyncio.TaskGroup() as group:
        judging = group.create_task(asyncio.Event().wait())
        came.channel.on_gone = judging  # type: ignore[assignment]
        await asyncio.sleep(0)
        came.gone()

    assert judging.cancelled()


# -- TLS


async def test_what_does_not_look_like_tls_gets_no_tls() -> None:
    hall = Hall(tls=True)
    came = Arrived(hall)

    came.says(HEAD)

    assert (hall.reasons, came.transport.is_aborted, came.transport.written) == (["not-tls"], True, b"")


def test_a_handshake_that_does_not_come_is_waited_for_ten_seconds() -> None:
    async def story(loop: LeapingLoop) -> None:
        hall = Hall(tls=True)
        came = Arrived(hall)
        loop.leap(10.1)
        await asyncio.sleep(0.001)
        assert (hall.reasons, came.transport.is_aborted) == (["handshake-timeout"], True)

    on_leaping_loop(story)


async def test_behind_tls_the_request_is_read_and_the_negotiation_known() -> None:
    hall = Hall(tls=True)
    came, client = Arrived(hall), TlsPeer()
    for _ in range(4):
        client.handshake()
        if output := client.take_output():
            came.says(output)
        client.receive(came.transport.take())
    client.write(HEAD)
    came.says(client.take_output())

    assert len(hall.requests) == 1
    assert came.channel.tls is not None
    assert came.channel.tls.version == "TLSv1.3"
    came.gone()


async def test_a_failed_handshake_is_told_with_its_reason() -> None:
    hall = Hall(tls=True)
    came = Arrived(hall)

    came.says(bytes.fromhex("160301000401000000"))

    (event,) = hall.journal.events
    assert event.facts["alert_sent"] is True
    assert event.facts["listener"] == "test"
    assert hall.half_open.in_all == 0
    came.gone()


async def test_a_fault_of_ours_ends_the_connection_that_it_is_about() -> None:
    hall = Hall()
    hall.fault = RuntimeError("ours")
    came = Arrived(hall)

    with pytest.raises(RuntimeError, match="ours"):
        came.says(HEAD)

    assert (came.transport.is_aborted, hall.half_open.in_all) == (True, 0)


# -- open


async def test_an_open_channel_feeds_its_link_and_holds_no_place() -> None:
    hall = Hall()
    came = Arrived(hall)
    came.open()

    came.says(came.codec.text(b"[1]") + came.codec.text(b"[2]"))
    came.channel.send_text(b"[3]")

    assert (came.link.texts, came.heard(), hall.half_open.in_all) == ([b"[1]", b"[2]"], [Text(b"[3]")], 0)
    came.gone()
    assert came.link.told == ["ended: connection lost"]


async def test_pings_are_answered_and_signs_of_life_told() -> None:
    came = Arrived(Hall())
    came.open()

    came.says(came.codec.ping(b"x") + came.codec.pong(b"y"))
    came.channel.ping()

    assert came.heard() == [Pong(b"x"), Ping(b"voltward")]
    assert came.link.told == ["pinged", "ponged"]
    came.gone()


async def test_pings_that_come_together_are_answered_together() -> None:
    came = Arrived(Hall())
    came.open()

    came.says(b"".join(came.codec.ping(b"%d" % number) for number in range(100)))

    assert came.heard() == [Pong(b"99")]
    assert came.link.told == ["pinged"] * 100
    came.gone()


@pytest.mark.parametrize("kind", ["ping", "pong"])
async def test_a_flood_of_pings_or_pongs_ends_the_link(kind: str) -> None:
    came = Arrived(Hall())
    came.open()
    frame = came.codec.ping(b"") if kind == "ping" else came.codec.pong(b"")
    came.says(frame * SIGNS_AT_ONCE)
    assert came.channel.peer.is_open

    came.says(frame * 100)

    assert came.heard()[-1] == Close(1008, "too many pings")
    assert came.link.told[-1] == "ended: too many pings"
    came.gone()


async def test_a_station_that_reads_nothing_is_told_as_that() -> None:
    came = Arrived(Hall())
    came.open()
    came.channel.peer.is_overrun = True

    came.gone()

    assert came.link.told == ["ended: it reads nothing of what it gets"]


async def test_a_close_of_the_station_is_answered_and_nothing_after_it_is_heard() -> None:
    came = Arrived(Hall())
    came.open()

    came.says(came.codec.close(1000, "") + came.codec.text(b"[1]"))

    assert (came.link.texts, came.link.told) == ([], ["ended: closed by the station with 1000"])
    (closed,) = came.heard()
    assert isinstance(closed, Close)
    came.gone()


@pytest.mark.parametrize(
    ("data", "code"), [(b"\x82\x81abcdx", 1003), (b"\xf1\x80abcd", 1002), (b"\x81\x01x", 1002)]
)
async def test_what_is_no_ocpp_is_told_and_ended(data: bytes, code: int) -> None:
    came = Arrived(Hall())
    came.open()

    came.says(data)

    (closed,) = came.heard()
    assert isinstance(closed, Close)
    assert closed.code == code
    assert len(came.link.told) == 1
    came.gone()


async def test_back_pressure_reaches_the_link() -> None:
    came = Arrived(Hall())
    came.channel.writable(is_writable=False)  # nobody is there yet
    came.open()

    came.channel.writable(is_writable=False)

    assert came.link.told == ["writable: False"]
    came.gone()


async def test_a_link_is_told_its_end_once() -> None:
    came = Arrived(Hall())
    came.open()

    came.channel.close(4001, "replaced")
    came.channel.abort()
    came.gone()

    assert came.link.told == ["ended: replaced"]
    assert came.heard() == [Close(4001, "replaced")]

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes.proxied import (
    ANNOUNCED,
    BALANCER,
    HEALTH,
    HELLO,
    ITSELF,
    LOCAL,
    STATION,
    STRANGER,
    Came,
    Hall,
    head,
    shake,
)
from tests.fakes.sockets import HeardTransport, LeapingLoop, arrives, on_leaping_loop
from tests.fakes.tls_peer import PeerChoice, TlsPeer
from voltward.gateway.channel.greeting import ProxyGreeting, first_peer
from voltward.gateway.channel.proxies import ALIVE

# -- for whom


@pytest.mark.parametrize("cut", [1, 20, len(ANNOUNCED), len(ANNOUNCED) + 30])
async def test_a_listed_proxy_says_for_whom_it_speaks(cut: int) -> None:
    hall = Hall()
    came = Came(hall)
    said = ANNOUNCED + head()
    came.says(said[:cut])
    came.says(said[cut:])

    ((channel, _),) = hall.requests
    assert (channel.address, channel.source.prefix) == ("203.0.113.9", "203.0.113.9")
    assert hall.half_open.in_all == 1
    came.gone()
    assert (hall.half_open.in_all, hall.reasons, hall.checks) == (0, [], {})


async def test_the_announced_source_has_the_place_and_its_own_cap() -> None:
    hall = Hall()
    waiting = [Came(hall) for _ in range(5)]
    for one in waiting:
        one.says(ANNOUNCED)

    assert (hall.half_open.in_all, hall.reasons) == (4, ["too-many-half-open"])
    assert waiting[-1].transport.is_aborted
    assert len([Came(hall) for _ in range(6)]) == 6
    assert hall.half_open.in_all == 10  # the balancer's own places are counted apart
    assert Came(hall).transport.is_aborted


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (head(), "no-proxy-header"),
        (HELLO, "no-proxy-header"),
        (b"PROXY TCP4 nobody\r\n", "bad-proxy-line"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "no-proxy-header"),
    ],
)
async def test_a_listed_proxy_that_says_something_else_is_refused(said: bytes, reason: str) -> None:
    hall = Hall()
    came = Came(hall)
    came.says(said)

    assert (hall.reasons, came.transport.is_aborted, hall.half_open.in_all) == ([reason], True, 0)
    came.gone()
    assert hall.checks == {}


def test_a_listed_proxy_has_to_say_it_in_time() -> None:
    async def story(loop: LeapingLoop) -> None:
        hall = Hall()
        came = Came(hall)
        came.says(b"PROXY ")
        loop.leap(11)
        await _turn()

        assert (hall.reasons, came.transport.is_aborted) == (["proxy-header-timeout"], True)
        assert hall.half_open.in_all == 0

    on_leaping_loop(story)


async def test_nobody_else_may_announce_anything() -> None:
    hall = Hall(tls="stations")
    came = Came(hall, STRANGER)
    came.says(ANNOUNCED)

    assert (hall.reasons, came.transport.is_aborted) == (["not-tls"], True)
    assert hall.journal.events[0].facts["source"] == STRANGER[0]


async def test_anybody_else_comes_as_always() -> None:
    hall = Hall()
    Came(hall, STRANGER).says(head())

    assert [channel.address for channel, _ in hall.requests] == [STRANGER[0]]


async def test_a_listener_without_proxies_knows_no_greeting() -> None:
    hall = Hall()
    listener = replace(hall.listener, proxies=None)
    peer = first_peer(hall.threshold, listener)
    HeardTransport(BALANCER).attach(peer)
    arrives(peer, head())

    assert [channel.address for channel, _ in hall.requests] == [BALANCER[0]]


async def test_tls_begins_behind_the_header() -> None:
    hall = Hall(tls="stations")
    came = Came(hall)
    client = TlsPeer(PeerChoice(shows=STATION))
    client.handshake()
    came.says(ANNOUNCED + client.take_output())
    shake(came, client)
    client.write(head())
    came.says(client.take_output())

    ((channel, _),) = hall.requests
    assert channel.address == "203.0.113.9"
    assert channel.tls is not None
    assert channel.tls.peer_chain == (STATION.der,)


# -- only looking in


@pytest.mark.parametrize(("announces", "said"), [(True, HEALTH), (True, LOCAL + HEALTH), (False, HEALTH)])
async def test_a_question_after_our_health_is_answered_and_leaves_no_trace(
    announces: bool, said: bytes
) -> None:
    hall = Hall(announces=announces, tls="stations")
    came = Came(hall)
    for octet in said:
        came.says(bytes([octet]))

    assert came.transport.take() == ALIVE
    came.gone()
    assert (hall.checks, hall.reasons, hall.half_open.in_all) == ({"healthz": 1}, [], 0)


@pytest.mark.parametrize(
    ("said", "kind"), [(b"", "connect"), (LOCAL, "local"), (b"PROXY UNKNOWN\r\n", "local"), (ITSELF, "local")]
)
async def test_looking_in_and_going_is_counted_alone(said: bytes, kind: str) -> None:
    hall = Hall()
    came = Came(hall)
    if said:
        came.says(said)
    came.gone()

    assert (hall.checks, hall.reasons, hall.half_open.in_all) == ({kind: 1}, [], 0)


async def test_a_connection_that_was_reset_at_once_is_counted_alone() -> None:
    hall = Hall(terminated=True)
    came = Came(hall, None)
    came.gone()

    assert (hall.checks, hall.reasons, hall.half_open.in_all) == ({"connect": 1}, [], 0)


def test_a_proxy_that_looks_in_for_long_is_counted_alone() -> None:
    async def story(loop: LeapingLoop) -> None:
        hall = Hall()
        came = Came(hall)
        came.says(LOCAL)
        loop.leap(11)
        await _turn()

        assert (hall.checks, hall.reasons, came.transport.is_aborted) == ({"local": 1}, [], True)

    on_leaping_loop(story)


async def test_a_look_by_tls_that_breaks_off_is_no_news() -> None:
    hall = Hall(tls="stations")
    came = Came(hall)
    came.says(LOCAL + HELLO)
    came.peer.eof_received()
    came.gone()

    assert (hall.checks, hall.reasons) == ({"local": 1}, [])


async def test_a_question_through_tls_is_answered_too() -> None:
    hall = Hall(announces=False, tls="stations")
    came = Came(hall)
    client = TlsPeer()
    shake(came, client)
    client.write(HEALTH)
    came.says(client.take_output())
    client.receive(came.transport.take())

    assert client.read() == ALIVE
    assert (hall.checks, hall.reasons) == ({"healthz": 1}, [])


async def test_strangers_are_told_nothing_of_our_health() -> None:
    hall = Hall()
    came = Came(hall, STRANGER)
    came.says(HEALTH)

    assert came.transport.take().startswith(b"HTTP/1.1 426 ")
    assert hall.reasons == ["request: not_websocket"]


async def test_no_place_for_more_looks_of_the_same_proxy() -> None:
    hall = Hall()
    came = [Came(hall) for _ in range(7)]

    assert [one.transport.is_aborted for one in came] == [False] * 6 + [True]
    assert hall.reasons == ["too-many-half-open"]


async def test_a_greeting_is_for_listeners_behind_proxies() -> None:
    hall = Hall()

    with pytest.raises(AssertionError):
        ProxyGreeting(hall.threshold, replace(hall.listener, proxies=None))


async def _turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)

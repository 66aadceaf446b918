from __future__ import annotations

import pytest

from tests.unit.gateway.channel.test_listener import listener
from tests.unit.gateway.test_health import get, read_answer
from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.listener import Listener
from voltward.gateway.channel.peer import Peer
from voltward.gateway.channel.sockets import Place, SocketsAtHand, open_socket
from voltward.gateway.entrance import Entrance
from voltward.gateway.health import HealthServer
from voltward.gateway.report import Metrics

ANY = ("127.0.0.1", 0)
METRICS = ("127.0.0.2", 9464)


def nobody(_: Listener) -> Peer:
    raise AssertionError("nobody connects here")


def entrance(at_hand: SocketsAtHand | None = None) -> Entrance:
    return Entrance(nobody, HealthServer(Metrics(), list, list), at_hand or SocketsAtHand())


async def test_it_answers_where_its_sockets_are() -> None:
    made = entrance()
    made.open([listener()], ANY)
    ports = await made.serve()
    try:
        assert b"alive" in await read_answer(ports["metrics_port"] or 0, get("/healthz"))
        assert [place for place, _ in made.sockets()] == [Place("plain", ANY), Place("metrics", ANY)]
        assert {at.getsockname()[1] for _, at in made.sockets()} == {
            ports["plain_port"], ports["metrics_port"]
        }  # fmt: skip
    finally:
        await made.close()


async def test_sockets_that_came_along_are_used_and_the_others_are_given_back() -> None:
    mine, unwanted = open_socket(ANY), open_socket(ANY)
    made = entrance(SocketsAtHand([(Place("", METRICS), mine), (Place("tls", ("127.0.0.2", 1)), unwanted)]))

    made.open([listener()], METRICS)

    assert mine in [at for _, at in made.sockets()]
    assert unwanted.fileno() == -1
    await made.close()


async def test_a_metrics_port_that_is_taken_is_told_by_its_setting() -> None:
    made = entrance()
    with open_socket(ANY) as taken, pytest.raises(OutsideFault, match="cannot listen") as caught:
        made.open([], taken.getsockname())

    assert "metrics.listen" in caught.value.mend
    await made.close()

from __future__ import annotations

import asyncio

from tests.fakes.hall import HEAD, Arrived, Hall
from tests.fakes.tls_peer import TlsPeer
from voltward.gateway.channel.cohorts import CROWD, GATHER


async def test_in_a_crowd_a_station_takes_each_step_in_its_turn_and_comes_in_all_the_same() -> None:
    hall = Hall(half_open=2 * CROWD, tls=True)
    others = [Arrived(hall) for _ in range(CROWD - 1)]
    came, client = Arrived(hall), TlsPeer()
    client.handshake()
    came.says(client.take_output())
    assert (came.transport.take(), came.transport.is_reading) == (b"", False)

    await asyncio.sleep(2 * GATHER)
    client.receive(came.transport.take())
    assert client.handshake()
    client.write(HEAD)
    came.says(client.take_output())
    assert (came.channel.tls, hall.requests) == (None, [])
    await asyncio.sleep(2 * GATHER)

    assert len(hall.requests) == 1
    for each in (came, *others):
        each.gone()


async def test_whoever_has_gone_before_its_turn_has_none() -> None:
    hall = Hall(half_open=2 * CROWD)
    crowd = [Arrived(hall) for _ in range(CROWD)]
    for each in crowd:
        each.says(HEAD)
    crowd[0].gone()

    await asyncio.sleep(2 * GATHER)

    assert len(hall.requests) == CROWD - 1
    for each in crowd[1:]:
        each.gone()

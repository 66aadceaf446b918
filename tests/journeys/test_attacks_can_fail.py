"""The counter-proof: no attack counts as held against a door that lets everybody in, or that is not there."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.journeys.peers.material import server_identity, target_at
from tests.journeys.peers.weak_door import weak_door
from voltward.simulator.attacks.table import ATTACKS, attacks_for, carry_out, carry_out_all
from voltward.simulator.attacks.target import Attack

pytestmark = pytest.mark.journey

each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


@each_attack
async def test_an_attack_succeeds_against_a_weak_door(attack: Attack) -> None:
    async with weak_door(server_identity().issued) as port:
        result = await carry_out(attack, target_at(port, plain_port=port))

    assert not result.held, result.seen
    # It failed for the door's weakness, not for want of a door.
    assert "could not" not in result.seen
    assert "own station" not in result.seen
    assert any(
        word in result.seen for word in ("connected", "got in", "sound", "agreed", "101", "second handshake")
    ), result.seen


@each_attack
async def test_an_attack_on_nobody_proves_nothing(attack: Attack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    result = await carry_out(attack, target_at(port, plain_port=port))

    assert not result.held, result.seen


@each_attack
async def test_a_door_that_just_hangs_up_proves_nothing(attack: Attack) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        result = await carry_out(attack, target_at(port, plain_port=port))

    assert not result.held, result.seen


async def test_all_attacks_run_in_order_and_report_as_they_go() -> None:
    names: list[str] = []
    async with weak_door(server_identity().issued) as port:
        target = target_at(port)
        results = await carry_out_all(
            attacks_for(target)[:3], target, lambda result: names.append(result.name)
        )

    assert (
        names
        == [result.name for result in results]
        == ["name-or-password", "identifier-only", "wrong-password"]
    )

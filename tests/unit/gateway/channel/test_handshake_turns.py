from __future__ import annotations

import asyncio

from voltward.gateway.channel.handshake_turns import BUDGET, HandshakeTurns


class Storm:
    """Handshakes that each take so much of a clock that only they move."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.seconds = seconds
        self.begun: list[int] = []
        self.turns = HandshakeTurns(lambda: self.now)

    def arrives(self, number: int) -> None:
        def handshake() -> None:
            self.now += self.seconds
            self.begun.append(number)

        if self.turns.is_now():
            self.turns.begin(handshake)
        else:
            self.turns.wait(handshake)


async def test_in_a_calm_each_begins_at_once() -> None:
    storm = Storm(BUDGET / 2)

    for number in range(5):
        storm.arrives(number)
        assert len(storm.begun) == number + 1
        await asyncio.sleep(0)


async def test_as_many_begin_in_one_look_as_fit_the_budget_and_the_others_in_their_order() -> None:
    storm = Storm(BUDGET / 2)
    for number in range(20):
        storm.arrives(number)
    assert storm.begun == [0, 1]

    looks = 0
    while len(storm.begun) < 20:
        before = len(storm.begun)
        await asyncio.sleep(0)
        looks += 1
        assert len(storm.begun) - before <= 2

    assert storm.begun == list(range(20))
    assert looks >= 9


async def test_a_look_that_took_long_lets_one_begin_and_never_none() -> None:
    storm = Storm(BUDGET / 4)
    for number in range(12):
        storm.arrives(number)
    begun = len(storm.begun)

    while len(storm.begun) < 12:
        storm.now += 1.0  # the loop was busy with others
        await asyncio.sleep(0)
        assert len(storm.begun) == (begun := begun + 1)


async def test_who_comes_while_others_wait_does_not_overtake_them() -> None:
    storm = Storm(BUDGET)
    for number in range(3):
        storm.arrives(number)
    await asyncio.sleep(0)
    storm.arrives(3)
    for _ in range(5):
        await asyncio.sleep(0)

    assert storm.begun == [0, 1, 2, 3]

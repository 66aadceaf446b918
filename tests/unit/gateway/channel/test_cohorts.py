from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.fakes.sockets import LeapingLoop, on_leaping_loop
from voltward.gateway.channel.cohorts import CALM, CROWD, GATHER, LOOK, Cohorts, Step

HELLO, PROOF, REQUEST = Step.HELLO, Step.PROOF, Step.REQUEST


class Storm:
    """Arrivals whose steps each take so much of a clock; only they and the test move it."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.now = 100.0
        self.seconds = seconds
        self.acts: list[tuple[Step, int]] = []
        self.cohorts = Cohorts(lambda: self.now)

    def arrives(self, step: Step, number: int, at_the_door: int = CROWD) -> None:
        def act() -> None:
            self.now += self.seconds
            self.acts.append((step, number))

        self.cohorts.join(step, act, at_the_door)

    async def looks(self) -> int:
        """Wait for one more look; how many acted in it."""
        before = len(self.acts)
        for _ in range(1_000_000):
            await asyncio.sleep(0)
            if len(self.acts) > before:
                break
        return len(self.acts) - before


def test_who_comes_alone_goes_on_at_once() -> None:
    storm = Storm()

    for number, step in enumerate((HELLO, PROOF, REQUEST)):
        storm.arrives(step, number, at_the_door=CROWD - 1)

    assert storm.acts == [(HELLO, 0), (PROOF, 1), (REQUEST, 2)]


async def test_in_a_crowd_all_that_are_as_far_act_together_and_who_has_begun_goes_first() -> None:
    storm = Storm()

    for number, step in enumerate((HELLO, PROOF, HELLO, REQUEST, PROOF)):
        storm.arrives(step, number)
    assert storm.acts == []
    assert await storm.looks() == 5

    assert storm.acts == [(PROOF, 1), (PROOF, 4), (REQUEST, 3), (HELLO, 0), (HELLO, 2)]


async def test_a_request_that_comes_with_the_proof_is_judged_in_the_same_look() -> None:
    storm = Storm()
    storm.cohorts.join(PROOF, lambda: storm.arrives(REQUEST, 7), CROWD)
    storm.arrives(HELLO, 8)

    assert await storm.looks() == 2
    assert storm.acts == [(REQUEST, 7), (HELLO, 8)]


async def test_nobody_overtakes_those_who_wait() -> None:
    storm = Storm()
    storm.arrives(HELLO, 1)
    storm.now += CALM
    storm.arrives(HELLO, 2, at_the_door=0)
    assert storm.acts == []

    await storm.looks()
    assert storm.acts == [(HELLO, 1), (HELLO, 2)]


async def test_a_crowd_is_one_until_it_has_been_calm_for_a_while() -> None:
    storm = Storm()
    storm.arrives(HELLO, 1)
    await storm.looks()

    storm.now += CALM / 2
    storm.arrives(PROOF, 2, at_the_door=0)
    assert len(storm.acts) == 1
    await storm.looks()

    storm.now += CALM
    storm.arrives(PROOF, 3, at_the_door=0)
    assert storm.acts[-1] == (PROOF, 3)


@pytest.mark.parametrize(("seconds", "in_one_look"), [(LOOK / 3.5, 4), (LOOK / 1.5, 2), (LOOK * 3, 1)])
async def test_a_look_ends_when_its_time_is_over_and_the_others_come_in_the_next(
    seconds: float, in_one_look: int
) -> None:
    storm = Storm(seconds)
    for number in range(12):
        storm.arrives(HELLO, number)

    while len(storm.acts) < 12:
        assert await storm.looks() <= in_one_look

    assert [number for _, number in storm.acts] == list(range(12))


async def test_a_flood_of_one_step_leaves_the_others_one_act_in_each_look() -> None:
    storm = Storm(LOOK)
    for number in range(3):
        storm.arrives(HELLO, number)
    for number in range(9):
        storm.arrives(PROOF, number)

    for number in range(3):
        await storm.looks()
        assert storm.acts[-2:] == [(PROOF, number), (HELLO, number)]


def test_a_cohort_comes_together_for_a_moment_and_no_longer() -> None:
    async def story(loop: LeapingLoop) -> None:
        storm = Storm()
        storm.arrives(HELLO, 1)
        loop.leap(GATHER * 2)
        storm.arrives(HELLO, 2)
        assert await storm.looks() == 2

    on_leaping_loop(story)


async def test_an_act_that_fails_leaves_nobody_behind() -> None:
    storm = Storm()
    told: list[BaseException | None] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told_: told.append(told_.get("exception")))

    def fail() -> None:
        raise RuntimeError("a fault of ours")

    storm.cohorts.join(HELLO, fail, CROWD)
    storm.arrives(HELLO, 2)
    with suppress(TimeoutError):
        await storm.looks()

    assert storm.acts == [(HELLO, 2)]
    assert [str(fault) for fault in told] == ["a fault of ours"]

from __future__ import annotations

from typing import cast

import pytest

from voltward.demo.outcome import Seen, Step
from voltward.demo.stage import Act, Scene, Stage, play_act, play_scene
from voltward.domain.errors import OutsideFault

STAGE = cast("Stage", object())  # these scenes look at nothing


def scene(name: str, *, fault: Exception | None = None) -> Scene:
    async def play(_stage: Stage) -> Seen:
        if fault is not None:
            raise fault
        return Seen("well", ok=True)

    return Scene(name, "well", play)


async def test_a_scene_becomes_a_step() -> None:
    step = await play_scene(scene("one"), STAGE)

    assert (step.name, step.expected, step.seen, step.ok) == ("one", "well", Seen("well", ok=True), True)


async def test_what_goes_wrong_outside_of_us_is_a_step_that_failed() -> None:
    step = await play_scene(scene("one", fault=OutsideFault("the disk is full.")), STAGE)

    assert not step.ok
    assert step.seen.words == "the disk is full."


async def test_a_bug_of_ours_crashes() -> None:
    with pytest.raises(ZeroDivisionError):
        await play_scene(scene("one", fault=ZeroDivisionError()), STAGE)


async def test_the_scenes_of_a_thread_are_played_in_order_and_all_are_told() -> None:
    told: list[Step] = []
    act = Act("an act", ((scene("a1"), scene("a2")), (scene("b1"),)))
    steps = await play_act(act, STAGE, told.append)

    assert steps == told
    names = [step.name for step in steps]
    assert sorted(names) == ["a1", "a2", "b1"]
    assert names.index("a1") < names.index("a2")

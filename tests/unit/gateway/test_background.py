from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from voltward.gateway.background import Background


async def test_a_story_runs_beside_and_is_forgotten_at_its_end() -> None:
    told: list[str] = []
    background = Background(lambda: told.append("crashed"))

    async def story() -> None:
        told.append("told")

    background.start(story(), "story")
    await background.wait()

    assert told == ["told"]


async def test_a_story_that_fails_is_logged_and_ends_its_owner_once() -> None:
    crashes: list[str] = []
    background = Background(lambda: crashes.append("crashed"))

    async def story() -> None:
        raise RuntimeError("a bug")

    with capture_logs() as logged:
        background.start(story(), "story c1")
        await background.wait()
        await asyncio.sleep(0)

    assert crashes == ["crashed"]
    (line,) = logged
    assert (line["event"], line["task"], line["log_level"]) == ("task_crashed", "story c1", "error")
    assert isinstance(line["exc_info"], RuntimeError)


async def test_stories_that_are_cancelled_are_no_crash() -> None:
    crashes: list[str] = []
    background = Background(lambda: crashes.append("crashed"))
    ended: list[str] = []

    async def story() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    background.start(story(), "one")
    background.start(story(), "two")
    await asyncio.sleep(0)
    background.cancel()
    await background.wait()

    assert (ended, crashes) == (["ended", "ended"], [])


async def test_waiting_for_nothing_is_over_at_once() -> None:
    await Background(lambda: None).wait()

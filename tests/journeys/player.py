"""A station on a live link that says what a test tells it to, and keeps all that it hears.

async with playing(world.dial(part, "ocpp1.6")) as player:
    answer = await player.call("Heartbeat")
    player.answers["Reset"] = {"status": "Accepted"}       # what it answers to its CSMS; None: nothing
    await player.heard_call("Reset")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.journeys.gateway_child import PATIENCE
from voltward.simulator.dial import Dial
from voltward.simulator.frames import (
    CALL,
    CALL_ERROR,
    CALL_RESULT,
    Frame,
    read_frame,
    write_call,
    write_result,
)
from voltward.simulator.link import Closing, Connected, Link, open_link, words

ACCEPTED = {"status": "Accepted"}


class Player:
    """See the module. `raw` are the texts as they came, `frames` those of them that are messages."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.raw: list[bytes] = []
        self.frames: list[Frame] = []
        self.answers: dict[str, dict[str, Any] | None] = {}
        self._ids = 0
        self._news = asyncio.Condition()

    async def say(self, action: str, payload: dict[str, Any] | None = None) -> str:
        """Make a call and do not wait; its message id."""
        self._ids += 1
        message_id = f"s{self._ids}"
        await self.link.send(write_call(message_id, action, payload or {}))
        return message_id

    async def call(self, action: str, payload: dict[str, Any] | None = None) -> Frame:
        """Make a call; its answer."""
        return await self.answer_to(await self.say(action, payload))

    async def boot(self, serial: str = "SN") -> Frame:
        """Boot in the words of the link's version."""
        if self.link.subprotocol == "ocpp1.6":
            facts = {"chargePointVendor": "V", "chargePointModel": "M", "chargePointSerialNumber": serial}
            return await self.call("BootNotification", facts)
        station = {"vendorName": "V", "model": "M", "serialNumber": serial}
        return await self.call("BootNotification", {"reason": "PowerUp", "chargingStation": station})

    async def answer_to(self, message_id: str) -> Frame:
        return await self.until(
            lambda frame: frame.message_id == message_id and frame.kind in (CALL_RESULT, CALL_ERROR)
        )

    async def heard_call(self, action: str) -> Frame:
        """The first call with this action from the other side."""
        return await self.until(lambda frame: frame.kind == CALL and frame.action == action)

    def asked(self) -> list[str]:
        """The actions that the other side has called."""
        return [frame.action for frame in self.frames if frame.kind == CALL]

    async def until(self, is_it: Callable[[Frame], bool], seconds: float = PATIENCE) -> Frame:
        """The first frame that is it, now or in time."""
        async with asyncio.timeout(seconds), self._news:
            while True:
                for frame in self.frames:
                    if is_it(frame):
                        return frame
                if self.link.closing is not None:
                    raise AssertionError(
                        f"the link was closed: {self.link.closing}; heard {self.frames[-5:]}"
                    )
                await self._news.wait()

    async def heard_raw(self, number: int, seconds: float = PATIENCE) -> list[bytes]:
        """All texts, as soon as there are so many."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.raw) >= number or self.link.closing is not None)
        return self.raw

    async def closed(self, seconds: float = PATIENCE) -> Closing:
        """How the other side closed the link, as soon as it did."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: self.link.closing is not None)
        assert self.link.closing is not None
        return self.link.closing

    def hold_still(self) -> None:
        """Read nothing more, so that pings stay unanswered: a station whose network has gone, seen from outside."""
        self.link._connection.transport.pause_reading()

    async def listen(self) -> None:
        """Keep what comes and answer what has an answer, until the link ends."""
        while self.link.closing is None:
            try:
                raw = await self.link.receive(60)
            except TimeoutError:
                continue
            frame = None if raw is None else read_frame(raw)
            async with self._news:
                if raw is not None:
                    self.raw.append(raw)
                if frame is not None:
                    self.frames.append(frame)
                self._news.notify_all()
            if frame is not None and frame.kind == CALL:
                await self._answer(frame)

    async def _answer(self, call: Frame) -> None:
        answer = self.answers.get(call.action, ACCEPTED)
        if answer is not None:
            await self.link.send(write_result(call.message_id, answer))


@asynccontextmanager
async def playing(dial: Dial) -> AsyncIterator[Player]:
    """Connected while the block runs; it must be let in."""
    outcome = await open_link(dial, seconds=PATIENCE)
    assert isinstance(outcome, Connected), words(outcome)
    player = Player(outcome.link)
    listening = asyncio.create_task(player.listen(), name=f"player {dial.identity}")
    try:
        yield player
    finally:
        await player.link.close()
        await listening

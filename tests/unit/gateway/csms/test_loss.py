from __future__ import annotations

import asyncio
from typing import cast

from tests.fakes.clock import SeededEntropy
from tests.fakes.links import CsmsEnd
from voltward.adapters.system_clock import SystemClock
from voltward.gateway.csms.channel import CsmsChannel, DialFailed
from voltward.gateway.csms.loss import LONGEST_WAIT, LossDesk, LossTerms, outlive
from voltward.lifecycles.station_session import CloseCause


class Held:
    """A link whose CSMS is there after so many dials, or never."""

    def __init__(self, back_after: int | None = None) -> None:
        self.csms = cast("CsmsChannel", CsmsEnd())
        self.back_after = back_after
        self.dials = 0
        self.rejoined: list[CsmsChannel] = []
        self.endings: list[CloseCause] = []

    async def dial(self) -> CsmsChannel | DialFailed:
        self.dials += 1
        if self.back_after is not None and self.dials > self.back_after:
            return self.csms
        return DialFailed("cannot connect")

    def rejoin(self, csms: CsmsChannel, /) -> None:
        self.rejoined.append(csms)

    def end(self, cause: CloseCause, reason: str, /) -> None:
        self.endings.append(cause)


class Soon(SeededEntropy):
    """Chance that always waits least."""

    def token(self, octets: int) -> bytes:
        return bytes(octets)


async def story(held: Held, hold: float, desk: LossDesk | None = None) -> None:
    async with asyncio.timeout(10):
        await outlive(held, desk or LossDesk(LossTerms(hold, 0.0)), hold, SystemClock(), Soon())


async def test_a_link_whose_csms_is_back_goes_on() -> None:
    held = Held(back_after=0)

    await story(held, hold=5.0)

    assert (held.rejoined, held.endings) == ([held.csms], [])


async def test_a_link_whose_csms_stays_away_is_closed() -> None:
    held = Held()

    await story(held, hold=0.05)

    assert (held.dials >= 1, held.rejoined, held.endings) == (True, [], [CloseCause.CSMS_GONE])


async def test_a_dial_that_hangs_does_not_hold_a_link_for_longer() -> None:
    class Hanging(Held):
        async def dial(self) -> CsmsChannel | DialFailed:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

    held = Hanging()

    await story(held, hold=0.05)

    assert held.endings == [CloseCause.CSMS_GONE]


async def test_who_is_not_held_is_closed_without_a_dial() -> None:
    held = Held(back_after=0)

    await story(held, hold=0.0)

    assert (held.dials, held.endings) == (0, [CloseCause.CSMS_GONE])


def test_links_are_closed_one_after_the_other() -> None:
    desk = LossDesk(LossTerms(close_rate=2.0))

    assert [desk.turn(0.0) for _ in range(4)] == [0.0, 0.5, 1.0, 1.5]
    assert [LossDesk(LossTerms(close_rate=0.0)).turn(0.0) for _ in range(2)] == [0.0, 0.0]


def test_nobody_waits_for_ever_to_be_closed() -> None:
    desk = LossDesk(LossTerms(close_rate=0.001))

    assert [desk.turn(0.0) for _ in range(3)] == [0.0, LONGEST_WAIT, LONGEST_WAIT]

"""What a station and its CSMS do together; every function returns what was wrong with it, in words."""

from __future__ import annotations

from typing import Final

from voltward.demo.calls import PHRASEBOOKS, Call, answer_words, is_accepted
from voltward.demo.players import Player
from voltward.simulator.csms.csms import SmallCsms
from voltward.simulator.frames import CALL_RESULT, Frame
from voltward.simulator.messages.tables import DAY

Faults = list[str]
_CHARGE_SECONDS: Final = 10.0


async def ask(csms: SmallCsms, player: Player, call: Call) -> Frame:
    """The CSMS calls a station; StationAway when no answer came."""
    return await csms.call(player.part.identity, call.action, call.payload)


async def live_a_day(csms: SmallCsms, player: Player) -> Faults:
    """From the boot on: status, a charge of its own, meter values; then a charge that the CSMS orders."""
    if not await player.is_accepted():
        return [f"its boot was not accepted ({player.model.registration})"]
    faults = [] if await player.say(DAY) else ["not all that it said was answered"]
    return faults + await be_read(csms, player) + await charge_on_order(csms, player)


async def be_read(csms: SmallCsms, player: Player) -> Faults:
    """The CSMS reads a setting."""
    call = PHRASEBOOKS[player.part.dialect].read
    answer = await ask(csms, player, call)
    return [] if answer.kind == CALL_RESULT else [f"{call.action}: {answer_words(answer)}"]


async def charge_on_order(csms: SmallCsms, player: Player) -> Faults:
    """The CSMS starts a charge and stops it again."""
    book, model = PHRASEBOOKS[player.part.dialect], player.model
    started = await ask(csms, player, book.start)
    if not is_accepted(started):
        return [f"{book.start.action}: {answer_words(started)}"]
    if not await player.until(lambda: model.charge is not None and model.is_done, seconds=_CHARGE_SECONDS):
        return ["the charge that the CSMS ordered did not begin"]
    stopped = await ask(csms, player, book.stop_call(model))
    if not is_accepted(stopped):
        return [f"{book.stop}: {answer_words(stopped)}"]
    ended = await player.until(lambda: model.charge is None and model.is_done, seconds=_CHARGE_SECONDS)
    return [] if ended else ["the charge did not end"]

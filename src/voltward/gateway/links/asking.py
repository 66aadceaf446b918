"""Asks on their way to stations: oldest first, one at a time, when the line is idle (ruling 18).

What waits for a station is read from the store when it comes in, and when the change feed tells of more. An
answer goes back as a fact. What was told is not asked again while the store still has it; an ask that nobody
could tell about (the gateway was killed) is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from voltward.domain.ask import Ask
from voltward.domain.errors import OutsideFault
from voltward.domain.events import FactValue
from voltward.domain.intents import (
    InstallCertificate,
    InstallTrustAnchor,
    IntentAnswer,
    Outcome,
    RemoveTrustAnchor,
    RequestCsr,
)
from voltward.domain.station import StationId
from voltward.domain.station_fact import AskAnswered
from voltward.gateway.background import Story
from voltward.gateway.door.judging import Judgement
from voltward.gateway.relay.rules import Outcome as CallOutcome
from voltward.gateway.relay.rules import OwnLine, Silence
from voltward.gateway.upkeep.facts import FactWriter
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.intent_answers import SaidCall
from voltward.ports.clock import Clock, Entropy
from voltward.usecases.admission.vouched_links import is_over_tls, is_vouched

READERS: Final = 16  # links that read the store at a time: thousands may come back at once
PAUSE: Final = 2.0  # seconds until the next try, where the line was not free or the store is away

AsksOf = Callable[[StationId], Awaitable[Sequence[Ask]]]

_ABOUT_CERTIFICATES: Final = (RequestCsr, InstallCertificate, InstallTrustAnchor, RemoveTrustAnchor)
_UNANSWERED: Final = {
    Silence.TOO_LONG: IntentAnswer(Outcome.FAILED, "longer than this station can take"),
    Silence.TIMED_OUT: IntentAnswer(Outcome.SILENT),
    Silence.LINK_LOST: IntentAnswer(Outcome.LINK_LOST),
}


class AskedLink(Protocol):
    """The link of a station that is asked."""

    judgement: Judgement
    dialect: Dialect

    @property
    def connection(self) -> str:
        """The id of this very connection."""
        ...

    @property
    def own_line(self) -> OwnLine | None:
        """Where a call of ours may go out as things stand."""
        ...

    def start(self, story: Callable[[], Story], name: str, /) -> None:
        """Run a story that ends with the link."""

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        """Report an event."""


@dataclass(slots=True)
class _Asking:
    """An ask on its way, with what was said so far to the calls that it takes."""

    ask: Ask
    calls: Sequence[SaidCall]
    answers: list[IntentAnswer] = field(default_factory=list[IntentAnswer])
    is_lost: bool = False  # one was not answered: the others are not asked any more

    @property
    def is_over(self) -> bool:
        return self.is_lost or len(self.answers) == len(self.calls)


class AskDesk:
    """One for all links. `asks_of` reads the store; until it is set nobody asks anything."""

    def __init__(self, facts: FactWriter, clock: Clock, entropy: Entropy) -> None:
        self.asks_of: AsksOf = _nobody_asks
        self.allows_plain: Callable[[Judgement], bool] = _never
        self.pause = PAUSE
        self._facts = facts
        self._clock = clock
        self._entropy = entropy
        self._readers = asyncio.Semaphore(READERS)
        self._told: dict[StationId, set[str]] = {}  # answered, and still in the store
        self._news: dict[str, bool] = {}  # by connection whose story runs: is there more since it looked?

    def wake(self, link: AskedLink) -> None:
        """There may be something to ask; nothing happens where there is not, or where it is under way."""
        judgement = link.judgement
        if link.connection in self._news:
            self._news[link.connection] = True
        elif link.own_line is not None and is_vouched(judgement.decision, judgement.entry):
            self._news[link.connection] = False
            link.start(lambda: self._serve(link), "asks")

    async def _serve(self, link: AskedLink) -> None:
        held = set[str]()
        try:
            while True:
                ask = await self._next(link, held)
                if ask is not None:
                    await self._put(link, ask)
                elif self._news[link.connection]:
                    self._news[link.connection] = False
                else:
                    return
        finally:
            del self._news[link.connection]

    async def _next(self, link: AskedLink, held: set[str]) -> Ask | None:
        """The oldest that was not asked yet."""
        station = link.judgement.station
        asks = await self._read(station)
        told = self._told.get(station, set()) & {ask.id for ask in asks}
        if told:
            self._told[station] = told
        else:
            self._told.pop(station, None)
        now = self._clock.now()
        open_asks = [a for a in asks if a.id not in told and a.id not in held and a.expires_at > now]
        for ask in open_asks:
            if not self._may_carry(link, ask):
                held.add(ask.id)
                link.happened("ask_held_back", reason="the link has no TLS", ask=_name_of(ask))
                continue
            return ask
        return None

    async def _read(self, station: StationId) -> Sequence[Ask]:
        while True:
            try:
                async with self._readers:
                    return await self.asks_of(station)
            except OutsideFault:
                await asyncio.sleep(self.pause)

    def _may_carry(self, link: AskedLink, ask: Ask) -> bool:
        """Certificates are no matter of a link below profile 2 (field note 35)."""
        if not isinstance(ask.intent, _ABOUT_CERTIFICATES) or is_over_tls(link.judgement.profile):
            return True
        return self.allows_plain(link.judgement)

    async def _put(self, link: AskedLink, ask: Ask) -> None:
        """Ask it, call by call; what comes of it is told, and only what was never sent is tried again."""
        asking = _Asking(ask, link.dialect.say(ask.intent))
        if not asking.calls:
            self._tell(link, ask, IntentAnswer(Outcome.UNSUPPORTED, "its version has no words for this"))
        while not asking.is_over:
            if await self._call(link, asking) is Silence.NEVER_SENT:
                await asyncio.sleep(self.pause)
                return

    async def _call(self, link: AskedLink, asking: _Asking) -> CallOutcome:
        call = asking.calls[len(asking.answers)]
        heard: asyncio.Future[CallOutcome] = asyncio.get_running_loop().create_future()

        def waiter(outcome: CallOutcome) -> None:
            """Told at once: this story ends with the link, and a station may hang up with its answer."""
            self._heard(link, asking, call, outcome)
            if not heard.done():
                heard.set_result(outcome)

        line = link.own_line
        if line is None:
            return Silence.NEVER_SENT
        line.ask(self._entropy.identifier(), call, waiter, self._clock.monotonic())
        return await heard

    def _heard(self, link: AskedLink, asking: _Asking, call: SaidCall, outcome: CallOutcome) -> None:
        if outcome is Silence.NEVER_SENT:
            return
        if isinstance(outcome, Silence):
            asking.is_lost = True
            answer = _UNANSWERED[outcome]
        else:
            answer = link.dialect.read_answer(asking.ask.intent, call, outcome)
        asking.answers.append(answer)
        if asking.is_over:
            whole = answer if outcome is Silence.LINK_LOST else link.dialect.merge_answers(asking.answers)
            self._tell(link, asking.ask, whole)

    def _tell(self, link: AskedLink, ask: Ask, answer: IntentAnswer) -> None:
        self._told.setdefault(ask.station, set()).add(ask.id)
        self._facts.tell(AskAnswered(ask.station, self._clock.now(), ask.id, answer))
        link.happened("ask_answered", ask=_name_of(ask), outcome=answer.outcome.value, words=answer.words)


def _name_of(ask: Ask) -> str:
    return type(ask.intent).__name__


async def _nobody_asks(_station: StationId) -> Sequence[Ask]:
    """Before somebody can."""
    return ()


def _never(_judgement: Judgement) -> bool:
    """Before somebody allows it."""
    return False

"""Asks as a list, and a station's answers to them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.fakes.links import Hall, MadeLink, facts_put, settle
from voltward.domain.ask import Ask
from voltward.domain.errors import OutsideFault
from voltward.domain.intents import Intent, IntentAnswer, RequestCsr
from voltward.domain.station import StationId
from voltward.domain.station_fact import AskAnswered, LifecycleFact

STATION = StationId("CP001")


class Waiting:
    """What the store would say, for the duties of a hall."""

    def __init__(self, hall: Hall) -> None:
        self.asks: list[Ask] = []
        self.reads = 0
        self.is_away = False
        self._hall = hall
        hall.duties.asks.asks_of = self._of

    async def _of(self, station: StationId) -> list[Ask]:
        self.reads += 1
        if self.is_away:
            raise OutsideFault("the store is away.")
        return [ask for ask in self.asks if ask.station == station]

    def add(self, name: str, intent: Intent | None = None, minutes: float = 60) -> None:
        """The worker asks; the change feed has told of it."""
        now = self._hall.made.clock.now()
        ask = Ask(name, "life-cycle", STATION, intent or RequestCsr(), now, now + timedelta(minutes=minutes))
        self.asks.append(ask)
        self.tell()

    def tell(self) -> None:
        """What the registry says of the station follows the list."""
        registry = self._hall.made.registry
        entry = registry.entry(STATION)
        assert entry is not None
        registry.put_station(replace(entry, has_asks=bool(self.asks)))

    def answers(self) -> list[tuple[str, IntentAnswer]]:
        """What was told about asks so far."""
        return [
            (fact.ask, fact.answer) for fact in facts_put(self._hall.duties) if isinstance(fact, AskAnswered)
        ]


def told(hall: Hall) -> list[LifecycleFact]:
    """All that life-cycles will hear."""
    return [fact for fact in facts_put(hall.duties) if isinstance(fact, LifecycleFact)]


def calls(link: MadeLink) -> list[Any]:
    """What the station got since the last time."""
    sent, link.station.sent[:] = list(link.station.sent), []
    return [json.loads(text) for text in sent]


async def answer(link: MadeLink, message_id: str, payload: dict[str, Any]) -> None:
    """The station answers a call."""
    link.link.text(json.dumps([3, message_id, payload]).encode())
    await settle()

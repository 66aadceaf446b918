"""Live links are judged again when the world has moved: all of them, or those whom the news concerns.

Who was revoked has to go within a second, however many others are live. So a certificate on the deny-list
costs a comparison for each link, and judgements only where the link showed that certificate; what moves trust
itself costs two judgements for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Container
from typing import Final

from voltward.domain.enforcement import Answer
from voltward.domain.station import StationId
from voltward.gateway.door.judging import Door, Judgement
from voltward.gateway.links.connection_table import ConnectionTable
from voltward.gateway.links.link import StationLink
from voltward.usecases.admission.follow_store import Moved
from voltward.usecases.admission.keep_verdict import Refusal

SLICE: Final = 500  # links judged again before the loop gets a breath


class SecondLook:
    """One per gateway; `trust_changed` is told before anybody is judged by other authorities.

    It reads the server's chains, too: who is in has seen the old one, and stays.
    """

    def __init__(
        self, door: Door, table: ConnectionTable[StationLink], trust_changed: Callable[[], None]
    ) -> None:
        self._door = door
        self._table = table
        self._trust_changed = trust_changed

    async def after(self, moved: Moved) -> None:
        """Judge again what the news concerns; the breaker sees first what would become of it (ruling 15)."""
        if moved.trust or moved.chains:
            self._trust_changed()
        concerns_all = moved.trust or moved.reloaded
        shaken = [link for link in self._table if concerns_all or showed_one_of(moved.denied, link.judgement)]
        if shaken:
            await self._foresee(shaken)
        judged = 0
        for link in self._table:
            if (
                concerns_all
                or speaks_for_one_of(moved.stations, link.judgement)
                or showed_one_of(moved.denied, link.judgement)
            ):
                self.at(link)
                judged += 1
                if judged % SLICE == 0:
                    await asyncio.sleep(0)

    def at(self, link: StationLink) -> None:
        """Look at one in the light of what is known now."""
        link.judged_again(self._door.judge_again(link.judgement))

    async def _foresee(self, concerned: Collection[StationLink]) -> None:
        """What a change would do, before it does it."""
        refusals = list[Refusal]()
        for number, link in enumerate(concerned, start=1):
            judgement = self._door.without_breaker(link.judgement)
            if judgement.decision.answer is Answer.REFUSE:
                refusals.append(judgement.refusal)
            if number % SLICE == 0:
                await asyncio.sleep(0)
        self._door.breaker.foreseen(refusals, len(self._table))


def speaks_for_one_of(stations: Container[StationId], judgement: Judgement) -> bool:
    """Whether a link is one of these stations', or spoken for by one of them (ruling 7)."""
    controller = judgement.controller
    return judgement.station in stations or (controller is not None and controller.station.id in stations)


def showed_one_of(certificates: Container[bytes], judgement: Judgement) -> bool:
    """Whether one of these (fingerprints) was shown, whatever opened; the twin's signature is the same."""
    chain = judgement.observation.chain
    return chain is not None and (
        chain.leaf.fingerprint in certificates or (chain.twin is not None and chain.twin in certificates)
    )

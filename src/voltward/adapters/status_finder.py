"""Finds out for stations whether a certificate was revoked (M06, M07), from listed hosts alone.

Answers are kept until their next update, and a station has a bounded rate. What we say in our own words (M07)
has to have come over TLS: whose signature an answer bears cannot be checked by whoever has no certificate.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from voltward.adapters.careful_http import Fetch
from voltward.crypto.revocation.foreign_status import (
    ForeignStatus,
    read_foreign_answer,
    read_foreign_list,
    status_request,
)
from voltward.detection.shares import Shares
from voltward.domain.certificate_status import CertificateStatus, StatusAnswer, StatusQuestion, StatusSource
from voltward.domain.errors import OutsideFault
from voltward.domain.intents import CertificateHash
from voltward.domain.station import StationId
from voltward.ports.clock import Clock

KEPT: Final = 2000  # answers; 3 kB each
COUNTED: Final = 10_000  # stations
BURST: Final = 16
PER_SECOND: Final = 1 / 30
LARGEST_ANSWER: Final = 16 * 1024
LARGEST_LIST: Final = 20 * 1024 * 1024
LISTS_AT_ONCE: Final = 4  # of all stations: each is held whole, and those that wait have a deadline
SECONDS: Final = 8.0  # for one address
LONGEST: Final = timedelta(days=7)  # M07.FR.09
_FAILED: Final = StatusAnswer(CertificateStatus.FAILED)


class Client(Protocol):
    """Raises OutsideFault."""

    async def fetch(self, wanted: Fetch) -> bytes: ...


class FetchedStatus:
    """Implements `ports.certificate_status.StatusFinder`."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._kept: OrderedDict[StatusQuestion, StatusAnswer] = OrderedDict()
        self._asked: Shares[StationId] = Shares(PER_SECOND, BURST, COUNTED)
        self._lists = asyncio.Semaphore(LISTS_AT_ONCE)

    async def find(self, station: StationId, questions: Sequence[StatusQuestion]) -> Sequence[StatusAnswer]:
        """One answer to each question, in their order."""
        return [await self._one(station, question) for question in questions]

    async def _one(self, station: StationId, question: StatusQuestion) -> StatusAnswer:
        now = self._clock.now()
        kept = self._kept.get(question)
        if kept is not None and kept.next_update is not None and now < kept.next_update:
            return kept
        if not self._asked.take(station, self._clock.monotonic()):
            return _FAILED
        for url in question.urls:
            answer = await self._asked_of(url, question, now)
            if answer is not None:
                self._keep(question, answer)
                return answer
        return _FAILED

    async def _asked_of(self, url: str, question: StatusQuestion, now: datetime) -> StatusAnswer | None:
        if question.source is StatusSource.CRL:
            found = await self._listed(url, question.certificate, now)
            return _answer(found, now) if found is not None else None
        body = status_request(question.certificate)
        if body is None:
            return None
        kind = "application/ocsp-request"
        octets = await self._fetched(Fetch(url, LARGEST_ANSWER, SECONDS, body, kind))
        found = read_foreign_answer(octets, question.certificate, now) if octets is not None else None
        if found is None:
            return None
        if not url.lower().startswith("https:"):
            found = ForeignStatus(CertificateStatus.FAILED, found.next_update)
        return _answer(found, now, octets)

    async def _listed(self, url: str, certificate: CertificateHash, now: datetime) -> ForeignStatus | None:
        """Reading a long list takes a tenth of a second: in a thread, for the loop carries a fleet."""
        if not url.lower().startswith("https:"):
            return None
        async with self._lists:
            octets = await self._fetched(Fetch(url, LARGEST_LIST, SECONDS))
            if octets is None:
                return None
            return await asyncio.to_thread(read_foreign_list, octets, certificate, now)

    async def _fetched(self, wanted: Fetch) -> bytes | None:
        try:
            return await self._client.fetch(wanted)
        except OutsideFault:
            return None

    def _keep(self, question: StatusQuestion, answer: StatusAnswer) -> None:
        self._kept.pop(question, None)
        self._kept[question] = answer
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _answer(found: ForeignStatus, now: datetime, octets: bytes | None = None) -> StatusAnswer:
    longest = now + LONGEST
    until = min(found.next_update, longest) if found.next_update is not None else now
    return StatusAnswer(found.status, until, octets)

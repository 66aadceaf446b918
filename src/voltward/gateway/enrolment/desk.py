"""The desk of the enrolment door: a request comes in, and in a moment or later its certificate goes out.

Reading a request costs milliseconds (signatures, weak keys), so that is done on a thread, and a station that
asks all the time is told to wait. A station that was told *later* asks with the same request again; what is
on its way already is not asked for twice.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.crypto.tokens.enrolment_forms import request_text
from voltward.detection.recent import Recent
from voltward.detection.shares import Shares
from voltward.domain.station import StationId
from voltward.ports.change_feed import ChangeFeed
from voltward.ports.clock import Clock, Entropy
from voltward.ports.lifecycles import IssuedCertificate
from voltward.ports.storage import Store
from voltward.usecases.issuance.request_certificate import (
    CertificateRequest,
    Taken,
    Unfit,
    certificate_for,
    record_fetched,
    request_certificate,
)
from voltward.usecases.issuance.request_ground import RequestRules
from voltward.usecases.lifecycles.advance_lifecycle import Moment

ACTOR: Final = "enrolment"
BURST: Final = 8  # requests of one station at once
PER_SECOND: Final = 1 / 60
REMEMBERED: Final = 10_000  # stations; the one that asked longest ago is forgotten
UNDER_WAY: Final = 300.0  # seconds: then a request is put to the worker once more
LOOK: Final = 0.5  # seconds between two looks, where the store does not wake us


@dataclass(frozen=True, slots=True)
class DeskTerms:
    """How long an answer is waited for, and when one comes again who got none; in seconds."""

    patience: float = 8.0
    come_again: int = 20


@dataclass(frozen=True, slots=True)
class Ready:
    """It lies here; whoever asked may have waited for it, and is looked at again before it is handed out."""

    certificate: IssuedCertificate

    @property
    def der(self) -> bytes:
        """The certificate alone."""
        return self.certificate.chain[0]


@dataclass(frozen=True, slots=True)
class Later:
    """It is not there yet: ask again after so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What the desk works with."""

    store: Store
    feed: ChangeFeed
    rules: RequestRules
    clock: Clock
    entropy: Entropy
    terms: DeskTerms = DeskTerms()


class EnrolmentDesk:
    """One for the process."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._turns: Shares[StationId] = Shares(PER_SECOND, BURST, REMEMBERED)
        self._under_way: Recent[tuple[StationId, bytes], tuple[float, Taken]] = Recent(REMEMBERED)

    async def enrol(self, station: StationId, body: bytes) -> Ready | Later | Unfit:
        """What becomes of a request. OutsideFault while the store is away."""
        text = request_text(body)
        read = await asyncio.to_thread(read_signing_request, text)
        key = read.seen.key_fingerprint if isinstance(read, SigningRequest) else b""
        found = await certificate_for(self._parts.store, station, key, self._moment()) if key else None
        if found is None:
            taken = await self._taken(station, key, text, read)
            if not isinstance(taken, Taken):
                return taken
            found = await self._awaited(station, key, taken)
        if found is None:
            return Later(self._parts.terms.come_again)
        if isinstance(found, Unfit):
            self._under_way.put((station, key), (-UNDER_WAY, Taken(None)))
            return found
        return Ready(found)

    async def hand_out(self, ready: Ready) -> bytes:
        """Its DER form, once that is on record. OutsideFault while the store is away."""
        await record_fetched(self._parts.store, ready.certificate, self._moment())
        return ready.der

    async def _taken(
        self, station: StationId, key: bytes, text: str, read: SigningRequest | CsrProblem
    ) -> Taken | Unfit | Later:
        now = self._parts.clock.monotonic()
        before = self._under_way.get((station, key))
        if before is not None and now - before[0] < UNDER_WAY:
            return before[1]
        if not self._turns.take(station, now):
            return Later(round(1 / PER_SECOND))
        asked = CertificateRequest(self._parts.entropy.identifier(), station, text, read)
        taken = await request_certificate(self._parts.store, asked, self._parts.rules, self._moment())
        if isinstance(taken, Taken):
            self._under_way.put((station, key), (now, taken))
        return taken

    async def _awaited(
        self, station: StationId, key: bytes, taken: Taken
    ) -> IssuedCertificate | Unfit | None:
        """In a moment it is mostly there: whoever waits for it needs no second visit."""
        parts = self._parts
        try:
            async with asyncio.timeout(parts.terms.patience):
                while True:
                    found = await certificate_for(parts.store, station, key, self._moment(), taken)
                    if found is not None:
                        return found
                    await parts.feed.moved(LOOK)
        except TimeoutError:
            return None

    def _moment(self) -> Moment:
        return Moment(self._parts.clock.now(), self._parts.entropy, ACTOR)

"""Requests for certificates, examined before they are taken: what they say, and what is known of their key.

Reading one costs milliseconds (signatures, weak keys): it is done on a thread of its own, one at a time.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.request_desk import RequestVerdict
from voltward.ocpp.certificate_facts import CsrFacts
from voltward.ports.clock import Clock
from voltward.ports.storage import Store
from voltward.usecases.issuance.judge_signing_request import (
    RequestGround,
    judge_signing_request,
    request_facts,
)
from voltward.usecases.issuance.request_ground import RequestRules, key_known

LONGEST_REASON: Final = 255


class RequestExaminer:
    """Judges what stations ask for, before it is taken."""

    def __init__(self, store: Store, rules: RequestRules, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="requests")  # begins with the first request

    async def examine(self, facts: CsrFacts, judgement: Judgement) -> RequestVerdict:
        """Grant or refuse, by the rulebook. OutsideFault where the store cannot say whose key it is."""
        assert judgement.entry is not None  # nobody else's request comes so far
        loop = asyncio.get_running_loop()
        request = await loop.run_in_executor(self._pool, read_signing_request, facts.csr)
        rules, now, known = self._rules, self._clock.now(), None
        if isinstance(request, SigningRequest):
            async with self._store.read() as reading:
                known = await key_known(reading, judgement.entry, request, rules.blocklist, now)
        ground = RequestGround(judgement.entry, rules.binding, rules.organisations, known, rules.own_hosts)
        decision = judge_signing_request(request, ground, rules.door, now)
        deciding = decision.deciding
        reason = deciding.sentence[:LONGEST_REASON] if deciding is not None else ""
        told = request_facts(request, decision)
        return RequestVerdict(decision.granted, reason, told, decision.answered_in_conformance)

    def close(self) -> None:
        """No more requests."""
        self._pool.shutdown(wait=False, cancel_futures=True)

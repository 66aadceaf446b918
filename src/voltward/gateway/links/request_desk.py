"""Stations that ask for a certificate (A02, A03): judged, kept, and only then told that we shall see to it.

`Accepted` is a promise that outlives this process: the request is on disk before it is said (ruling 29). A
station that asks again (A02.FR.17) is taken again, with the same key or another; who asks all the time is
told no for a while.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from voltward.detection.shares import Shares
from voltward.domain.errors import OutsideFault
from voltward.domain.events import FactValue
from voltward.domain.quirk import Quirk
from voltward.domain.station import StationId
from voltward.domain.station_fact import CsrRefused, CsrSubmitted
from voltward.gateway.door.judging import Judgement
from voltward.gateway.settings import GroupSettings
from voltward.gateway.upkeep.facts import FactWriter
from voltward.ocpp.certificate_calls import CertificateCall, read_certificate_call
from voltward.ocpp.certificate_facts import CsrFacts, Matter
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import Call
from voltward.ocpp.relay_answers import FORWARD, Answer, Block, CallAnswer
from voltward.ports.clock import Clock
from voltward.usecases.admission.vouched_links import is_over_tls, is_vouched

BURST: Final = 8  # requests of one station at once
PER_SECOND: Final = 1 / 60
COUNTED: Final = 10_000  # stations whose requests are counted; the one that asked longest ago is forgotten
INVALID: Final = "InvalidCSR"
NOT_NOW: Final = "NotEnabled"
NO_WAY: Final = "a certificate for this link is asked for in the open, not through a tunnel"


@dataclass(frozen=True, slots=True)
class RequestVerdict:
    """Whether a request is granted; why not, in words for the station; what there is to tell."""

    granted: bool = False
    reason: str = ""
    facts: Mapping[str, FactValue] = field(default_factory=dict[str, FactValue])
    passes_for_show: bool = False  # a test tool expects Accepted even so; nothing is issued for it


RequestJudge = Callable[[CsrFacts, Judgement], Awaitable[RequestVerdict]]


class AskingLink(Protocol):
    """The link whose station asks."""

    judgement: Judgement
    dialect: Dialect

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        """Report an event."""


class RequestDesk:
    """One for all links. Until `judge` is set, nobody is granted anything."""

    def __init__(self, facts: FactWriter, clock: Clock) -> None:
        self.judge: RequestJudge = _nobody_judges
        self._facts = facts
        self._clock = clock
        self._asked: Shares[StationId] = Shares(PER_SECOND, BURST, COUNTED)

    async def answer(self, link: AskingLink, group: GroupSettings, call: Call) -> CallAnswer:
        """What becomes of a SignCertificate. V2G's are another PKI's and pass (ruling 20)."""
        about = read_certificate_call(link.dialect, call)
        if about is None or about.matter is Matter.OTHER or group.certificates == "pass":
            return FORWARD
        if group.certificates == "watch":
            link.happened("certificate_request_passed")
            return FORWARD
        # First who asks, and how often: a life-cycle hears what is wrong with a request of its station alone.
        reason = self._reason_against(link.judgement, group)
        if reason:
            return self._refused(link, about, NOT_NOW, RequestVerdict(reason=reason))
        facts = about.csr() if about.matter is not Matter.UNREADABLE else None
        if facts is None:
            return self._refused(link, about, INVALID, RequestVerdict(reason="it cannot be read for sure"))
        if about.tunnel is not None:
            return self._refused(link, about, NOT_NOW, RequestVerdict(reason=NO_WAY))
        try:
            verdict = await self.judge(facts, link.judgement)
        except OutsideFault as fault:
            return _not_now(link, fault)
        for_show = group.conformance or Quirk.CONFORMANCE in link.judgement.grants
        if not verdict.granted and for_show and verdict.passes_for_show:
            link.happened("certificate_request_refused", **{**verdict.facts, "conformance": True})
            return Answer({"status": "Accepted"}, ())
        if not verdict.granted:
            return self._refused(link, about, INVALID, verdict)
        return await self._take(link, call, facts, verdict)

    def _reason_against(self, judgement: Judgement, group: GroupSettings) -> str:
        """What speaks against this link, whatever the request says; empty is fine."""
        if not is_vouched(judgement.decision, judgement.entry):
            return "whoever holds this link has not proven to be the station"
        if not (is_over_tls(judgement.profile) or group.plain_certificates):
            return "certificates are asked for over TLS"
        has_turn = self._asked.take(judgement.station, self._clock.monotonic())
        return "" if has_turn else "too many requests"

    def _refused(
        self, link: AskingLink, about: CertificateCall, code: str, verdict: RequestVerdict
    ) -> CallAnswer:
        """No; and a life-cycle that waits for the request hears why."""
        link.happened("certificate_request_refused", **{**verdict.facts, "reason": verdict.reason})
        judgement = link.judgement
        if judgement.entry is not None and judgement.entry.has_lifecycle and code == INVALID:
            self._facts.tell(CsrRefused(judgement.station, self._clock.now(), verdict.reason))
        return Answer(about.refusal(code, verdict.reason), ())

    async def _take(
        self, link: AskingLink, call: Call, facts: CsrFacts, verdict: RequestVerdict
    ) -> CallAnswer:
        station = link.judgement.station
        told = CsrSubmitted(
            station=station,
            at=self._clock.now(),
            id=_id_of(station, call, facts),
            csr=facts.csr,
            use=facts.use,
            request_id=facts.request_id,
            issuing_root=facts.issuing_root,
        )
        try:
            await self._facts.tell_for_sure(told)
        except OutsideFault as fault:
            return _not_now(link, fault)
        link.happened("certificate_requested", request=told.id, **verdict.facts)
        return Answer({"status": "Accepted"}, ())


def _not_now(link: AskingLink, fault: OutsideFault) -> CallAnswer:
    """Neither yes nor no can be said: the station is told that we failed, and asks again."""
    link.happened("certificate_request_not_kept", reason=fault.what)
    return Block(ErrorCode.INTERNAL, "not now: ask again", ())


def _id_of(station: StationId, call: Call, facts: CsrFacts) -> str:
    """Of this very message: sent again after a lost link, it is the same."""
    parts = (station.tenant, station.identity, call.message_id, facts.csr)
    digest = hashlib.sha256()
    for part in parts:
        octets = part.encode("utf-8")
        digest.update(len(octets).to_bytes(4) + octets)
    return digest.hexdigest()[:32]


async def _nobody_judges(_facts: CsrFacts, _judgement: Judgement) -> RequestVerdict:
    """Before somebody can."""
    return RequestVerdict(reason="no authority is there to ask")

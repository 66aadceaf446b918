"""Two connections for one identity: the older one is asked for a sign of life, then one of them stays.

The rule is ruling 11 (`lifecycles.second_connection`); here it meets a live link, and what it found is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from voltward.detection.two_places import Place, TwoPlacesDetector
from voltward.domain.credential import Purpose
from voltward.domain.events import FactValue
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, StationId
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.link import StationLink
from voltward.gateway.report import Reports
from voltward.lifecycles.second_connection import (
    Contender,
    Incumbent,
    Probe,
    Proof,
    ProofKind,
    Refuse,
    Replace,
    conclude,
    meet,
)
from voltward.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An authenticated connection for an identity; `keeps_new`: any right credential may take its place."""

    station: StationId
    connection: str
    contender: Contender
    keeps_new: bool = False


class Precedence:
    """See the module."""

    def __init__(self, reports: Reports, clock: Clock, probe_seconds: float) -> None:
        self._reports = reports
        self._clock = clock
        self._probe_seconds = probe_seconds
        self._two_places = TwoPlacesDetector()

    async def may_replace(self, link: StationLink, newcomer: Newcomer) -> bool:
        """Whether the newcomer may take the place of this link. The link is asked, and not touched."""
        now = self._clock.monotonic()
        times = link.opened.times
        incumbent = Incumbent(
            contender_of(link.judgement, link.serial),
            now - link.keepalive.silent_seconds(now),
            times.ping_seconds + times.pong_seconds if times.ping_seconds else 0.0,
            link.is_probed,
        )
        answer = meet(incumbent, now, self._probe_seconds)
        if isinstance(answer, Probe):
            is_alive = await link.probe(answer.seconds)
            answer = conclude(
                incumbent.link, newcomer.contender, is_alive=is_alive, keep_new=newcomer.keeps_new
            )
            if is_alive:
                self._tell_two_places(incumbent.link, newcomer)
        if isinstance(answer, Replace):
            return True
        assert isinstance(answer, Refuse)
        facts: dict[str, FactValue] = {
            "control": "LINK-01",
            "reason": "a live link speaks for this station already",
            "connection": newcomer.connection,
            "source": newcomer.contender.source,
            "incumbent_source": incumbent.link.source,
            "incumbent_connection": link.connection,
        }
        self._reports.happened("second_connection_refused", str(newcomer.station), facts)
        return False

    def _tell_two_places(self, old: Contender, newcomer: Newcomer) -> None:
        new = newcomer.contender
        places = Place(old.source, old.serial), Place(new.source, new.serial)
        found = self._two_places.met(newcomer.station, *places, self._clock.monotonic())
        if found is None:
            return
        facts: dict[str, FactValue] = {
            "source": found.newcomer.source,
            "serial": found.newcomer.serial,
            "incumbent_source": found.incumbent.source,
            "incumbent_serial": found.incumbent.serial,
            "unsaid": found.unsaid,
        }
        self._reports.happened("station_in_two_places", str(newcomer.station), facts)


def contender_of(judgement: Judgement, serial: str | None = None) -> Contender:
    """What a connection has to show; `serial`: what its boot said, else what is on record."""
    by_certificate = judgement.profile is SecurityProfile.TLS_CERTIFICATE
    credential = judgement.credential
    # What waits outside the door, or is only observed, never displaces what was let in by right.
    waits = judgement.decision.lane is Lane.UNPROVEN or judgement.decision.is_indulged
    proof = Proof(
        ProofKind.CERTIFICATE if by_certificate else ProofKind.PASSWORD,
        Purpose.COMMISSIONING if waits else Purpose.PRODUCTION,
        credential.generation if credential is not None else _next_generation(judgement),
        judgement.fingerprint if by_certificate else None,
    )
    if serial is None and judgement.entry is not None:
        serial = judgement.entry.station.serial
    return Contender(proof, judgement.arrival.listener.source, serial)


def _next_generation(judgement: Judgement) -> int:
    """A certificate that is not on record yet becomes the station's newest (`record_facts`)."""
    held = judgement.entry.credentials if judgement.entry is not None else ()
    return max((c.generation for c in held if not c.is_password), default=0) + 1

"""What all links of a gateway share: rules by dialect and lane, the way to the CSMS, reports and facts.

Made once by the composition root. A link asks; nothing here knows a link's state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol

from voltward.domain.authority import BindingRule, TrustedFor
from voltward.domain.credential import ClientCertificate, Purpose
from voltward.domain.enforcement import Action, Answer, Policy, Would
from voltward.domain.errors import OutsideFault
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import UNKNOWN_MODEL, Lane, Model, Standing, Station
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import (
    CameBack,
    CameIn,
    CertificateFirstSeen,
    Connected,
    ModelTold,
    Proven,
    SerialTold,
)
from voltward.gateway.csms.channel import CsmsChannel, DialChance, DialFailed, dial_csms
from voltward.gateway.csms.dial_gate import DialGate
from voltward.gateway.csms.loss import LossDesk, LossTerms
from voltward.gateway.csms.routes import RouteHolder
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.asking import AskDesk
from voltward.gateway.links.csms_certificates import CsmsCertificates
from voltward.gateway.links.meetings import Meetings
from voltward.gateway.links.request_desk import RequestDesk
from voltward.gateway.links.security_events import SecurityEventDesk
from voltward.gateway.links.status_desk import StatusDesk
from voltward.gateway.relay.book import RelayBook
from voltward.gateway.relay.rules import RelayRules
from voltward.gateway.report import Reports
from voltward.gateway.upkeep.facts import FactWriter
from voltward.ocpp.boot import BootFacts
from voltward.ocpp.dialect import Dialect
from voltward.ports.clock import Clock, Entropy
from voltward.rulebook.observation import BootObservation
from voltward.usecases.admission.admit_station import DoorRules, judge_boot
from voltward.usecases.admission.vouched_links import is_vouched

_model: Final = lru_cache(maxsize=512)(Model)  # a fleet has few; strangers do not come so far
IN_TOLD_AGAIN = timedelta(days=1)  # how exactly it is known when a certificate last opened by right
LONGEST_SERIAL = 50  # characters; every edition keeps to 25


class LeavingLink(Protocol):
    """What is told of a link that ended."""

    @property
    def connection(self) -> str:
        """The id of that very connection."""
        ...

    judgement: Judgement
    dialect: Dialect
    said_to_csms: int  # messages
    said_to_station: int


@dataclass(frozen=True, slots=True)
class CsmsAccess:
    """The ways to the CSMSs, and the chance that dialling takes."""

    routes: RouteHolder
    entropy: Entropy


class LinkDuties:
    """See the module."""

    def __init__(
        self,
        book: RelayBook,
        door_rules: DoorRules,
        access: CsmsAccess,
        reports: Reports,
        facts: FactWriter,
        clock: Clock,
    ) -> None:
        self.book = book
        self.door_rules = door_rules
        self.routes = access.routes
        self.reports = reports
        self.facts = facts
        self.clock = clock
        self.meetings = Meetings(facts, clock)
        self.entropy = access.entropy
        self._chance = DialChance(access.entropy)
        self.asks = AskDesk(facts, clock, access.entropy)
        self.asks.allows_plain = lambda judgement: book.group_of(judgement.entry).plain_certificates
        self.requests = RequestDesk(facts, clock)
        self.csms_certificates = CsmsCertificates(facts, clock, self._is_off)
        self.security_events = SecurityEventDesk(reports, facts, clock)
        self.statuses = StatusDesk()
        self.is_leaving = False  # the gateway takes nobody any more
        self.on_left: Callable[[LeavingLink], None] = _nobody_is_told
        self.on_vouched: Callable[[Judgement], None] = _nobody_learns
        self.is_frozen: Callable[[], bool] = bool  # while the breaker holds, no floor rises (ruling 15)
        self._off: dict[str, tuple[Policy, frozenset[str]]] = {}  # by group, for stations without exceptions

    def boot_retry(self, judgement: Judgement) -> int:
        """Seconds that an unproven station is told to wait before its next boot."""
        return int(self.book.group_of(judgement.entry).boot_retry)

    def rules_for(self, judgement: Judgement, dialect: Dialect) -> RelayRules:
        """The relay's rules for a link as it stands now."""
        lane = judgement.decision.lane if judgement.decision.answer is Answer.QUARANTINE else None
        group = self.book.group_of(judgement.entry)
        return self.book.rules_for(dialect, lane, self._switched_off(judgement), group)

    def _is_off(self, judgement: Judgement, control: str) -> bool:
        return control in self._switched_off(judgement)

    def _switched_off(self, judgement: Judgement) -> frozenset[str]:
        """Message controls that the group's policy or a dated exception takes away from this station."""
        policy = self.door_rules.policy_for(judgement.entry)
        kept, known = self._off.get(policy.name, (None, frozenset[str]()))
        if kept is policy and not (judgement.entry and judgement.entry.exceptions):
            return known  # a reload brings other policies
        weighing, now = self.door_rules.weighing(judgement.entry, Lane.REPAIR), self.clock.now()
        off = frozenset(
            control for control in self.book.controls if weighing.action_for(control, now)[0] is Action.RECORD
        )
        if not weighing.exceptions:
            self._off[policy.name] = (policy, off)
        return off

    async def dial(self, judgement: Judgement, subprotocols: Sequence[str]) -> CsmsChannel | DialFailed:
        """A link to the CSMS of its route, when it is this dial's turn, with the identity attested."""
        route = self.routes.current.named(judgement.arrival.route)
        if route is None:
            return DialFailed("its route is not there any more")
        turn = route.dials.enter(self.clock.monotonic())
        if isinstance(turn, str):
            return DialFailed(turn, is_spared=True)
        if turn:
            await asyncio.sleep(turn)
        try:
            headers = route.headers_for(judgement, self.clock, self.entropy)
        except OutsideFault as fault:
            return DialFailed(fault.what)
        dialled = await dial_csms(route.csms, judgement.station.identity, subprotocols, headers, self._chance)
        if isinstance(dialled, DialFailed) and dialled.is_outage:
            if route.dials.failed(judgement.station, self.clock.monotonic()):
                self.reports.happened("csms_away", f"route {route.name}", {"reason": dialled.reason})
        elif route.dials.succeeded():
            self.reports.happened("csms_back", f"route {route.name}")
        return dialled

    def retry_after(self, judgement: Judgement) -> int:
        """Seconds after which a station should come again that its CSMS could not take."""
        route = self.routes.current.named(judgement.arrival.route)
        gate = route.dials if route is not None else DialGate()
        return gate.retry_after(self.clock.monotonic(), self.entropy.token(2))

    def losses_of(self, judgement: Judgement) -> LossDesk:
        """What becomes of a link whose CSMS is gone; while the gateway leaves, nothing is held."""
        route = self.routes.current.named(judgement.arrival.route)
        if route is None or self.is_leaving:
            return LossDesk(LossTerms(hold=0.0, close_rate=0.0))
        return route.losses

    def accepted_by_csms(self, judgement: Judgement) -> bool:
        """The CSMS answered 101: had it the station's own header? Then whoever learns from that is told.

        A CSMS that looks at no header accepts any; nothing here can tell it from one that looks.
        """
        route = self.routes.current.named(judgement.arrival.route)
        if route is None or not route.attestation.passes_own_header(judgement):
            return False
        self.on_vouched(judgement)
        return True

    # -- what a link has learnt ---------------------------------------------------------------------------

    def opened(self, judgement: Judgement) -> None:
        """Somebody was let in: tell the store what it does not know yet."""
        entry, now = judgement.entry, self.clock.now()
        if entry is not None and entry.has_lifecycle and is_vouched(judgement.decision, entry):
            self.facts.tell(CameBack(entry.station.id, now, _shown(judgement), judgement.profile))
        if entry is None or judgement.decision.is_indulged:
            return
        seen = _first_seen(judgement, entry, now)
        if judgement.decision.lane is Lane.UNPROVEN:
            # Only a factory certificate is worth telling from there: the station gets one of the operator's.
            is_factorys = seen is not None and seen.purpose is Purpose.COMMISSIONING
            if seen is not None and is_factorys and is_vouched(judgement.decision, entry):
                self.facts.put(seen)
            return
        assert judgement.profile is not None  # without a proof it would have been indulged
        station, credential = entry.station, judgement.credential
        self.still_in(judgement)
        if seen is not None:
            self.facts.put(seen)
        prefix = judgement.arrival.source.prefix
        is_known = prefix in station.known_sources
        same_form = credential is None or credential.last_form is judgement.form
        is_rising = _is_rising(station)
        if not (is_known and same_form) or is_rising:
            credential_id = credential.id if credential is not None else None
            connected = Connected(station.id, now, judgement.profile, prefix, credential_id, judgement.form)
            self.facts.put(replace(connected, latches=not self.is_frozen()))

    def kept(self, judgement: Judgement) -> Judgement:
        """What a link keeps of its judgement, now that something was learnt of its station."""
        known = judgement.entry is not None
        return judgement.with_entry(
            self.facts.entry_of(judgement.station, self.clock.now()) if known else None
        )

    def still_in(self, judgement: Judgement) -> None:
        """A certificate opened, or has a link, by right: once a day that is told, for the breaker's sake."""
        credential, decision = judgement.credential, judgement.decision
        if credential is None or credential.proven_at is None or credential.is_password:
            return
        if decision.answer is not Answer.ADMIT or decision.kept or decision.would is not None:
            return
        now = self.clock.now()
        if now - (credential.last_in or credential.proven_at) >= IN_TOLD_AGAIN:
            self.facts.put(CameIn(credential.station, now, credential.id))

    def proven(self, link: LeavingLink) -> None:
        """The first call was answered on a link (ruling 28)."""
        judgement = link.judgement
        entry, credential = judgement.entry, judgement.credential
        if entry is None or judgement.decision.is_indulged:
            return
        assert judgement.profile is not None
        is_rising = _is_rising(entry.station)
        controller = judgement.controller
        is_new = controller is not None and entry.station.standing is Standing.COMMISSIONING
        if not (is_rising or is_new) and credential is not None and credential.proven_at is not None:
            return
        credential_id = credential.id if credential is not None else None
        proven = Proven(
            entry.station.id, self.clock.now(), judgement.profile, credential_id, judgement.fingerprint
        )
        proven = replace(proven, latches=not self.is_frozen())
        if controller is not None:
            self.facts.put(replace(proven, station=controller.station.id))
            proven = replace(proven, credential=None, fingerprint=None, vouched=_is_production(judgement))
        self.facts.put(proven)

    def left(self, link: LeavingLink, why: str, failed: int, seconds: float) -> None:
        """A link ended: its one canonical line."""
        self.reports.metrics.links.dec()
        self.reports.metrics.to_csms.inc(link.said_to_csms)
        self.reports.metrics.to_station.inc(link.said_to_station)
        self.reports.log_only(
            "link_closed",
            str(link.judgement.station),
            connection=link.connection,
            reason=why,
            seconds=round(seconds, 3),
            to_csms=link.said_to_csms,
            to_station=link.said_to_station,
            calls_failed=failed,
        )
        self.on_left(link)

    def boot_problem(self, judgement: Judgement, dialect: Dialect, serial: str | None) -> str:
        """What a boot's serial says against the certificate; empty is fine."""
        entry, chain = judgement.entry, judgement.observation.chain
        by_certificate = judgement.profile is SecurityProfile.TLS_CERTIFICATE
        strictness = self.book.group_of(entry).boot_serial
        if entry is None or strictness == "off":
            return ""
        observation = BootObservation(
            serial=serial,
            certificate_common_names=chain.leaf.common_names if by_certificate and chain is not None else (),
            applies=dialect.serial_binds,
            missing_is_mismatch=strictness == "strict",
            bound_by_serial=judgement.controller is None and _names_serial(judgement),
            record_serial=entry.station.serial,
        )
        decision = judge_boot(observation, entry, self.door_rules, self.clock.now())
        if decision.deciding is None:
            return ""
        why = decision.deciding.detail or decision.deciding.control
        if decision.would is not None:
            facts = {
                "reason": why,
                "control": decision.deciding.control,
                "would": decision.would.answer.value,
            }
            self.reports.happened("boot_serial_mismatched", str(judgement.station), facts)
        return why if decision.answer is Answer.REFUSE else ""

    def boot_told(self, judgement: Judgement, facts: BootFacts) -> None:
        """What a boot claims, where it is news: model and firmware, and the serial of new hardware."""
        entry = judgement.entry
        if entry is None or judgement.decision.lane is Lane.UNPROVEN or judgement.decision.is_indulged:
            model = None  # whoever has proven nothing says nothing about the station
        else:
            model = _model(*(_claim(text) for text in (facts.vendor, facts.model, facts.firmware)))
        if entry is not None and model is not None and model not in (UNKNOWN_MODEL, entry.station.model):
            self.facts.put(ModelTold(entry.station.id, self.clock.now(), model))
        if facts.serial is not None:
            self._serial_told(judgement, facts.serial)

    def _serial_told(self, judgement: Judgement, serial: str) -> None:
        """New hardware that came with its commissioning password is bound to the serial that it told."""
        entry, credential = judgement.entry, judgement.credential
        if entry is None or entry.station.serial is not None or entry.station.recommissioned_at is None:
            return
        if credential is None or credential.purpose is not Purpose.COMMISSIONING:
            return
        if judgement.decision.would == Would(Answer.REFUSE):
            return  # let in by observing alone
        if len(serial) <= LONGEST_SERIAL and serial.isprintable():
            told = SerialTold(entry.station.id, self.clock.now(), serial)
            self.facts.put(told)


def _nobody_is_told(_link: LeavingLink) -> None:
    """Before the gateway says who wants to know."""


def _nobody_learns(_judgement: Judgement) -> None:
    """Before somebody wants to know whose header the CSMS has accepted."""


def _shown(judgement: Judgement) -> bytes | None:
    """The certificate that the link was opened with; None: a password decided."""
    return judgement.fingerprint if judgement.profile is SecurityProfile.TLS_CERTIFICATE else None


def _claim(text: str | None) -> str | None:
    """A station's claim about itself, as far as it may stand in a record and a log."""
    return text if text and text.isprintable() else None


def _is_production(judgement: Judgement) -> bool:
    """Whether what opened the link is more than a factory's certificate or a commissioning password."""
    if judgement.credential is not None:
        return judgement.credential.purpose is Purpose.PRODUCTION
    chain = judgement.observation.chain
    return (
        chain is not None
        and chain.authority is not None
        and chain.authority.trusted_for is TrustedFor.STATIONS
    )


def _names_serial(judgement: Judgement) -> bool:
    """Whether the certificate's name is the serial: by its authority's rule, unless it is pinned."""
    chain, certificate = judgement.observation.chain, judgement.observation.certificate
    if chain is None or chain.authority is None or (certificate is not None and certificate.pinned):
        return False
    return chain.authority.binding.rule is BindingRule.SERIAL_IN_COMMON_NAME


def _first_seen(judgement: Judgement, entry: StationEntry, now: datetime) -> CertificateFirstSeen | None:
    """The certificate that it came with, if that leads to an authority of ours and is not on record."""
    chain = judgement.observation.chain
    if judgement.profile is not SecurityProfile.TLS_CERTIFICATE or judgement.credential is not None:
        return None
    if chain is None or chain.authority is None:
        return None
    names, authority = chain.leaf.common_names, chain.authority
    proof = ClientCertificate(chain.leaf.fingerprint, names[0] if names else "", bytes.fromhex(authority.id))
    production = authority.trusted_for is TrustedFor.STATIONS
    purpose = Purpose.PRODUCTION if production else Purpose.COMMISSIONING
    holder = judgement.controller.station if judgement.controller is not None else entry.station
    return CertificateFirstSeen(holder.id, now, proof, purpose)


def _is_rising(station: Station) -> bool:
    """An upgrade is under way: each handshake and each answered call is a step of it (ruling 13)."""
    return station.floor != station.profile or station.latch is not None

"""The door: from an arrival to a judgement. It waits for passwords and probes; rules decide.

Every refusal looks the same from outside (ruling 8): one status, one body, one delay counted from the moment
the request was complete. What led to it stands in the log, the journal and `station explain` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from voltward.crypto.reading.certificates import CertificateReader
from voltward.detection.guessing import GuessingThrottle
from voltward.domain.credential import Credential, PasswordForm
from voltward.domain.enforcement import Action, Answer, Decision
from voltward.domain.events import FactValue
from voltward.domain.quirk import NO_GRANTS, Grants, Quirk
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, StationId
from voltward.gateway.channel.forwarded import VerifierHolder
from voltward.gateway.door.breaker import Breaker
from voltward.gateway.door.local_controllers import speaker_for
from voltward.gateway.door.observe import Arrival, observe, observe_again, offered_again
from voltward.gateway.door.passwords import Login, PasswordDoor, PasswordMatch, refreshed
from voltward.gateway.door.tolerance import meant, tolerate, tolerated_password
from voltward.gateway.report import Reports
from voltward.gateway.settings import GatewaySettings
from voltward.ports.clock import Clock
from voltward.rulebook.observation import ConnectionObservation, PasswordOutcome
from voltward.usecases.admission.admission_registry import AdmissionRegistry, StationEntry
from voltward.usecases.admission.admit_station import DoorRules, admit_station, decision_event
from voltward.usecases.admission.keep_verdict import Refusal
from voltward.usecases.admission.quirk_book import QuirkBook

# Whoever may know that an identity is unknown must not learn that another one is retired or misspelt.
UNKNOWN_STATION = frozenset({"ID-01", "ID-02", "ID-03", "ID-05", "STN-01"})
USER_IS_IDENTITY = "ID-04"
NO_UPGRADE_FOR_US = frozenset({"WS-01", "WS-02"})  # judged last: whoever hears of them has proven itself


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision with all that led to it, kept with the link so that it can be judged again."""

    arrival: Arrival
    observation: ConnectionObservation
    decision: Decision
    entry: StationEntry | None
    credential: Credential | None = None  # the row that opened, if there is one already
    revision: int = 0  # of the registry that was asked
    controller: StationEntry | None = None  # the Local Controller whose certificate decided
    grants: Grants = field(default_factory=lambda: NO_GRANTS)  # the quirks that hold for the station

    def with_entry(self, entry: StationEntry | None) -> Judgement:
        """What a link keeps of it: the record as it is known by now, and no certificate that TLS has too."""
        arrival = replace(self.arrival, tls=None) if self.arrival.tls is not None else self.arrival
        return replace(self, arrival=arrival, entry=entry or self.entry)

    @property
    def station(self) -> StationId:
        """Who it is about; asked only where an identity was read."""
        assert self.arrival.station is not None
        return self.arrival.station

    @property
    def profile(self) -> SecurityProfile | None:
        """The profile that it came with; None where it showed no proof at all and is only observed."""
        return self.observation.profile_used

    @property
    def fingerprint(self) -> bytes | None:
        """Of the certificate that was offered, whatever decided."""
        chain = self.observation.chain
        return chain.leaf.fingerprint if chain is not None else None

    @property
    def form(self) -> PasswordForm | None:
        """The form in which the password came, where one matched."""
        return self.observation.password.form if self.observation.password is not None else None

    @property
    def spoken_for_by(self) -> str:
        """The identity of the Local Controller whose certificate decided; empty: it came for itself."""
        return self.controller.station.id.identity if self.controller is not None else ""

    @property
    def refusal(self) -> Refusal:
        """What the breaker asks about, where the decision is to refuse."""
        return Refusal(self.decision, self.observation, self.entry, self.credential, self.controller)

    @property
    def credential_words(self) -> str:
        """The form of the credential, for the CSMS and the log: `certificate`, `password (text)`.

        A *forwarded* certificate is one whose key was proven to a proxy of ours, not to us.
        """
        if self.profile is SecurityProfile.TLS_CERTIFICATE:
            tls = self.observation.tls
            return "certificate (forwarded)" if tls is not None and tls.forwarded else "certificate"
        return f"password ({self.form})" if self.form is not None else "none"


@dataclass(frozen=True, slots=True)
class Door:
    """Who judges. One per gateway process; holds no state of a connection."""

    registry: AdmissionRegistry
    rules: DoorRules
    quirks: QuirkBook
    passwords: PasswordDoor
    guessing: GuessingThrottle
    reader: CertificateReader
    organisations: tuple[str, ...]
    settings: GatewaySettings
    reports: Reports
    clock: Clock
    breaker: Breaker
    verifier: VerifierHolder

    async def judge(self, arrival: Arrival) -> Judgement:
        """Compare, observe, decide. The caller reports and acts."""
        arrival, entry = self._look_up(arrival)
        grants = self.quirks.of(entry, arrival.at)
        if grants or arrival.oddities:
            arrival = tolerate(arrival, grants)
        revision = self.registry.revision
        match = await self._compare(arrival, entry)
        if grants and match is not None:
            seen, used = tolerated_password(match.seen, grants)
            match = PasswordMatch(seen, match.credential)
            arrival = replace(arrival, quirks=(*arrival.quirks, *used))
        observation = observe(
            arrival, self.registry, self.reader, self.organisations, match.seen if match is not None else None
        )
        credential = match.credential if match is not None else None
        controller: StationEntry | None = None
        if observation.profile_used is SecurityProfile.TLS_CERTIFICATE:
            assert observation.chain is not None
            controller = speaker_for(entry, observation.chain, self.registry)
            bearer = controller or entry
            credential = (
                bearer.certificate(observation.chain.leaf.fingerprint) if bearer is not None else None
            )
        decision = admit_station(observation, entry, self.rules, arrival.at)
        if decision.answer is Answer.REFUSE:
            decision = self.breaker.met(Refusal(decision, observation, entry, credential, controller))
        return Judgement(arrival, observation, decision, entry, credential, revision, controller, grants)

    def still(self, judgement: Judgement) -> Judgement:
        """The judgement after a wait: made again only if the registry moved meanwhile."""
        return judgement if judgement.revision == self.registry.revision else self.judge_again(judgement)

    def judge_again(self, judgement: Judgement) -> Judgement:
        """The same connection in the light of the registry, the clock and the breaker as they are now."""
        again = self.without_breaker(judgement)
        if again.decision.answer is Answer.REFUSE:
            return replace(again, decision=self.breaker.looked_at_again(again.refusal))
        return again

    def without_breaker(self, judgement: Judgement) -> Judgement:
        """The same connection in the light of the registry and the clock alone."""
        now = self.clock.now()
        entry = self.registry.lookup(judgement.station, now)
        controller: StationEntry | None = None
        if judgement.observation.profile_used is SecurityProfile.TLS_CERTIFICATE:
            controller = speaker_for(entry, judgement.observation.chain, self.registry)
        credential = _same_credential(judgement, controller or entry)
        password = refreshed(
            judgement.observation.password,
            judgement.credential,
            credential,
            now,
            shared=self._is_shared(credential),
        )
        grants = self.quirks.of(entry, now)
        if password is not None:
            password, _ = tolerated_password(password, grants)
        before = judgement.observation
        if judgement.decision.kept:  # its path led nowhere when it came; the anchors may be whole again
            before = offered_again(before, judgement.arrival, self.registry, self.reader, self.verifier)
        observation = observe_again(before, self.registry, password, grants, now)
        decision = admit_station(observation, entry, self.rules, now)
        return replace(
            judgement,
            observation=observation,
            decision=decision,
            entry=entry,
            credential=credential,
            controller=controller,
            grants=grants,
        )

    def refused(self, arrival: Arrival, *, failed: bool) -> float:
        """Count a refusal against its source and identity; the seconds after which it is answered."""
        station = _guessed(arrival)
        source = arrival.source
        now = self.clock.monotonic()
        if failed:
            self.guessing.failed(source, station, now)
        return self.guessing.answer_delay(source, station, now)

    def succeeded(self, judgement: Judgement) -> None:
        """A right credential: its source keeps its reserved lane, if that is ever asked for (ruling 10)."""
        entry = judgement.entry
        if judgement.decision.is_indulged or entry is None or not entry.has_slow_password:
            return
        self.guessing.succeeded(judgement.arrival.source, str(judgement.station), self.clock.monotonic())

    def status_of(self, decision: Decision) -> int:
        """One status for every cause, but for what a request lacks, which no credential is judged by."""
        control = decision.deciding.control if decision.deciding is not None else ""
        if control in NO_UPGRADE_FOR_US:
            return 400
        return self.settings.unknown_station_status if control in UNKNOWN_STATION else 401

    def report(self, judgement: Judgement, connection: str, **extra: FactValue) -> None:
        """The canonical line of a decision."""
        extra.setdefault(
            "credential",
            judgement.credential_words if judgement.decision.answer is not Answer.REFUSE else None,
        )
        self.reports.decided(decision_event(judgement.observation, judgement.decision, connection, extra))

    def _look_up(self, arrival: Arrival) -> tuple[Arrival, StationEntry | None]:
        """The record that the path names; where it names none, the one that it can only mean."""
        station = arrival.station
        entry = self.registry.lookup(station, arrival.at) if station is not None else None
        if entry is not None:
            return arrival, entry
        odd = arrival.odd
        oddities = odd.oddities if odd is not None else ()
        if odd is not None:
            station = StationId(odd.identity, arrival.tenant)
            entry = self.registry.lookup(station, arrival.at)
        if entry is None and station is not None:
            folded = self.registry.colliding(station)
            entry = self.registry.lookup(folded, arrival.at) if folded is not None else None
            if Quirk.LETTER_CASE not in self.quirks.of(entry, arrival.at):
                return arrival, None  # told as a collision, or as nobody's
            oddities = (*oddities, Quirk.LETTER_CASE)
        return (meant(arrival, entry.station.id, oddities), entry) if entry is not None else (arrival, None)

    async def _compare(self, arrival: Arrival, entry: StationEntry | None) -> PasswordMatch | None:
        login = arrival.login
        if login.password is None or arrival.identity is None:
            return None
        if entry is not None and not login.user_matches and not self._lets_any_user(arrival, entry):
            return None
        match = await self.passwords.compare(
            entry,
            Login(
                _guessed(arrival),
                arrival.source,
                login.password,
                arrival.dialects,
                arrival.at,
                self.clock.monotonic(),
            ),
        )
        return (
            replace(match, seen=replace(match.seen, shared=True))
            if self._is_shared(match.credential)
            else match
        )

    def _is_shared(self, credential: Credential | None) -> bool:
        """Another station has this password as well: a matter of the whole fleet, not of this comparison."""
        return credential is not None and self.registry.is_shared(credential.sharing_digest)

    def _lets_any_user(self, arrival: Arrival, entry: StationEntry) -> bool:
        """Observing, policy or a dated exception takes another user name from this station (field note 8)."""
        if self.rules.terms_for(entry, arrival.at) is not None:
            return True
        action, _ = self.rules.weighing(entry, Lane.UNPROVEN).action_for(USER_IS_IDENTITY, arrival.at)
        return action is not Action.REFUSE


def _same_credential(judgement: Judgement, entry: StationEntry | None) -> Credential | None:
    """The row that opened the link, as it stands now; a certificate may have got its row since."""
    if entry is None:
        return None
    if (
        judgement.observation.profile_used is SecurityProfile.TLS_CERTIFICATE
        and judgement.fingerprint is not None
    ):
        return entry.certificate(judgement.fingerprint)
    opened = judgement.credential
    return next((c for c in entry.credentials if opened is not None and c.id == opened.id), None)


def _guessed(arrival: Arrival) -> str:
    """Whom a guess is counted against: one tenant's CP001 is not slowed by guesses at another's."""
    return str(arrival.station) if arrival.station is not None else ""


def is_guess(judgement: Judgement) -> bool:
    """A refusal that counts against its source: something was tried and was not right."""
    password = judgement.observation.password
    return password is None or password.outcome is not PasswordOutcome.MATCHED


def ends_by_date(judgement: Judgement, now: datetime) -> bool:
    """Whether time alone may change what a link is worth: its certificate is over, or a favour has an end."""
    entry, chain = judgement.entry, judgement.observation.chain
    if chain is not None and chain.leaf.not_after < now:
        return True
    if judgement.decision.would is not None or judgement.grants:
        return True
    return entry is not None and bool(entry.exceptions or entry.station.allowance is not None)

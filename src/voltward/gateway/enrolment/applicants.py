"""Who asks at the enrolment door: the same proofs, rules and policies as at the door for links.

Somebody is believed here who would be let in there by right, or waits there to be proven. Every other is
answered alike, whatever was wrong (ruling 8); what it was stands in the log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from voltward.crypto.reading.certificates import CertificateReader, fingerprint
from voltward.detection.guessing import GuessingThrottle
from voltward.detection.sources import Source
from voltward.domain.enforcement import Decision
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import DEFAULT_TENANT, StationId
from voltward.domain.station_entry import StationEntry
from voltward.gateway.door.observe import Arrival, observe
from voltward.gateway.door.passwords import Login, PasswordDoor
from voltward.ocpp import DIALECTS
from voltward.ports.clock import Clock
from voltward.rulebook.observation import ListenerSeen, PasswordSeen
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.admit_station import DoorRules, admit_station
from voltward.usecases.admission.vouched_links import is_vouched
from voltward.wire.authorization import NO_LOGIN, BasicLogin, read_basic
from voltward.wire.tls import TlsFacts

LISTENER: Final = "enrolment"
_OVER_TLS: Final = frozenset({SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE})


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody with a request; `tenant` None: the path names none. `address` as text."""

    source: Source
    address: str
    tls: TlsFacts
    path: str
    tenant: str | None
    authorization: str | None


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nobody who may ask: which control said so and why, for the log alone."""

    named: str = ""  # as far as it said who it is
    control: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Applicants:
    """One for the process. `registry` follows the store."""

    registry: AdmissionRegistry
    rules: DoorRules
    passwords: PasswordDoor
    guessing: GuessingThrottle
    organisations: tuple[str, ...]
    reader: CertificateReader
    clock: Clock

    async def by_password(self, knock: Knock) -> StationEntry | Stranger:
        """HTTP Basic (RFC 7030, 3.2.3): the user is the station's identity."""
        login = read_basic((knock.authorization or "").encode("ascii") or None, "")
        if login.both is None:
            return Stranger(reason="no password came")
        user = login.both.reveal().partition(b":")[0]
        try:
            station = StationId(user.decode("utf-8"), knock.tenant or DEFAULT_TENANT)
        except UnicodeDecodeError:
            return Stranger(reason="the user is no text")
        now = self.clock.now()
        entry = self.registry.lookup(station, now)
        login = login.read_as(station.identity)
        password = await self._compared(entry, station, knock, login)
        return self._judged(self._arrival(knock, station, login, now), password)

    def by_certificate(self, knock: Knock) -> StationEntry | Stranger:
        """The present certificate of a station, on the TLS connection (RFC 7030, 3.3.2)."""
        if not knock.tls.peer_chain:
            return Stranger(reason="no certificate came")
        station = self.registry.owner_of(fingerprint(knock.tls.peer_chain[0]))
        if station is None or knock.tenant not in {None, station.tenant}:
            return Stranger(reason="the certificate is no station's that is known here")
        return self._judged(self._arrival(knock, station, NO_LOGIN, self.clock.now()), None)

    def refused(self, knock: Knock, stranger: Stranger) -> float:
        """Count it against its source and whom it named; the seconds after which it is answered."""
        now = self.clock.monotonic()
        self.guessing.failed(knock.source, stranger.named, now)
        return self.guessing.answer_delay(knock.source, stranger.named, now)

    async def _compared(
        self, entry: StationEntry | None, station: StationId, knock: Knock, login: BasicLogin
    ) -> PasswordSeen | None:
        if login.password is None:
            return None
        dialects, now = tuple(DIALECTS.values()), self.clock.monotonic()
        attempt = Login(str(station), knock.source, login.password, dialects, self.clock.now(), now)
        match = await self.passwords.compare(entry, attempt)
        if match.credential is None:
            return match.seen
        self.guessing.succeeded(knock.source, str(station), now)
        return replace(match.seen, shared=self.registry.is_shared(match.credential.sharing_digest))

    def _arrival(self, knock: Knock, station: StationId, login: BasicLogin, now: datetime) -> Arrival:
        """As if it asked for a link, over which it would speak anything."""
        return Arrival(
            at=now,
            listener=ListenerSeen(LISTENER, _OVER_TLS, knock.address, source_listed=True),
            source=knock.source,
            tls=knock.tls,
            path=knock.path,
            station=station,
            identity_problem="",
            offered=tuple(DIALECTS),
            spoken=tuple(DIALECTS),
            speakable=DIALECTS,
            login=login,
            tenant=station.tenant,
        )

    def _judged(self, arrival: Arrival, password: PasswordSeen | None) -> StationEntry | Stranger:
        seen = observe(arrival, self.registry, self.reader, self.organisations, password)
        assert arrival.station is not None
        entry = self.registry.lookup(arrival.station, arrival.at)
        decision = admit_station(seen, entry, self.rules, arrival.at)
        if entry is not None and is_vouched(decision, entry):
            return entry
        return _stranger(arrival.station, decision)


def _stranger(station: StationId, decision: Decision) -> Stranger:
    verdict = decision.deciding or next(iter(decision.failed), None)
    if verdict is None:
        return Stranger(str(station))
    return Stranger(str(station), verdict.control, verdict.detail)

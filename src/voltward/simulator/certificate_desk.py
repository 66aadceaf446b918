"""A station's dealings about its own certificates: asking, taking in, choosing, and coming back with them.

Sans I/O. The messages say the same in their version's words; `live_station` connects with what this chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509

from voltward.domain.security_profile import SecurityProfile
from voltward.simulator.certificate_rules import CertificateRules, EventKind, Key
from voltward.simulator.certificates import IssuedCertificate, PrivateKey
from voltward.simulator.dial import CertificateLogin, Dial, Login, PasswordLogin, password_login
from voltward.simulator.faults import Fault
from voltward.simulator.memory.key_box import Choice, Held, Pending
from voltward.simulator.memory.paths import is_issued_by, path_to_a_root
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.memory.uses import AnchorUse, CertificateUse
from voltward.simulator.renewal import Renewal, Retries
from voltward.simulator.signing_request import Applicant, apply, apply_badly

_LONGEST_CHAIN: Final = 10_000  # characters, where the station names no limit
_BAD_REQUESTS: Final = frozenset(
    {Fault.CSR_OTHER_NAME, Fault.CSR_WEAK_KEY, Fault.CSR_REUSED_KEY, Fault.CSR_MALFORMED}
)


class Consent(StrEnum):
    """How a station answers when it is told to ask for a certificate."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN = "NotImplemented"


class Taken(StrEnum):
    """What became of a certificate that came."""

    KEPT = "kept"
    INVALID = "invalid"
    TOO_LARGE = "too large"
    UNASKED = "no such request"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A certificate as it came: the text, and what the message says that it is for, if it says so."""

    chain_pem: str
    use: CertificateUse | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What the station asks with."""

    pem: str
    use: CertificateUse
    number: int | None


class CertificateDesk:
    """One station's. `events` collects what it has to report; whoever says it takes it from there."""

    def __init__(
        self, memory: StationMemory, rules: CertificateRules, serial: str, faults: frozenset[Fault]
    ) -> None:
        self.memory = memory
        self.rules = rules
        self.renewal = Renewal()
        self.events: list[EventKind] = []
        self._serial = serial
        self.faults = faults
        self._spent: set[Fault] = set()
        self._tried: Held | None = None
        self._failures = 0
        self._profile_before: int | None = None

    # -- settings

    def number(self, key: Key, otherwise: int) -> int:
        """A setting as a number; `otherwise` where the version has none, or somebody wrote nonsense."""
        text = self.memory.settings.get(self.rules.keys.get(key, ""), "")
        return int(text) if text.isascii() and text.isdigit() else otherwise

    def text(self, key: Key) -> str:
        """A setting as it stands; empty where the version has none."""
        return self.memory.settings.get(self.rules.keys.get(key, ""), "")

    def once(self, fault: Fault) -> bool:
        """Whether it has this fault, and shows it for the first time."""
        if fault not in self.faults or fault in self._spent:
            return False
        self._spent.add(fault)
        return True

    @property
    def uses_certificate(self) -> bool:
        """It comes in on profile 3."""
        return self.number(Key.PROFILE, 0) == SecurityProfile.TLS_CERTIFICATE

    # -- who it is to its CSMS

    def provision(self, dial: Dial) -> None:
        """What an installer brings decides about the profile as well."""
        if self.memory.provision(dial):
            certificate = isinstance(dial.login, CertificateLogin)
            password = SecurityProfile.TLS_BASIC if dial.endpoint.tls else SecurityProfile.UNSECURED_BASIC
            self._set_profile(SecurityProfile.TLS_CERTIFICATE if certificate else password)

    def raise_profile(self, value: str, *, has_root: bool) -> bool:
        """Go to a higher profile where everything that it needs is there (WP-A05.FR.01 to FR.05)."""
        now = self.number(Key.PROFILE, 0)
        if value not in {"1", "2", "3"} or int(value) <= now:
            return False
        wanted = SecurityProfile(int(value))
        has_credential = bool(
            self.memory.password if wanted.uses_password else self.memory.keys.for_the_link()
        )
        if not has_credential or (wanted > SecurityProfile.UNSECURED_BASIC and not has_root):
            return False
        if Fault.PROFILE_NOT_TAKEN_UP not in self.faults:
            self._profile_before = now
            self._set_profile(wanted)
        return True

    def _set_profile(self, profile: int) -> None:
        self.memory.settings[self.rules.keys[Key.PROFILE]] = str(int(profile))

    # -- asking

    def trigger(self, use: CertificateUse) -> Consent:
        """The CSMS wants a request (A02.FR.02)."""
        if Fault.TRIGGER_UNKNOWN in self.faults:
            return Consent.UNKNOWN
        if Fault.TRIGGER_REJECTED in self.faults:
            return Consent.REJECTED
        if Fault.CSR_NEVER_COMES not in self.faults:
            self.renewal.ask(use)
        return Consent.ACCEPTED

    def make_request(self) -> Request | None:
        """The request that is due, with a new key pair; None when none is."""
        use = self.renewal.due
        if use is None:
            return None
        vehicle = use in {CertificateUse.V2G, CertificateUse.V2G_20}
        name = self.text(Key.VEHICLE_NAME) if vehicle else self._serial
        applicant = Applicant(name or self._serial, self.text(Key.OWNER))
        bad = self.faults & _BAD_REQUESTS
        key = self.memory.make_key(self.memory.key_kind)
        application = apply_badly(applicant, key, bad, self._key_in_use()) if bad else apply(applicant, key)
        self.memory.requests += 1
        number = self.memory.requests if self.rules.numbers_requests else None
        self.memory.keys.ask(Pending(use, application.key, number))
        self.renewal.said()
        if self.once(Fault.CSR_TWICE):
            self.renewal.unanswered(use)
        return Request(application.pem, use, number)

    def answered(self, use: CertificateUse, now: datetime, *, taken: bool) -> None:
        """The CSMS answered a request."""
        wait = self.number(Key.SIGNING_WAIT, 0) if self.rules.asks_again else 0
        retries = Retries(timedelta(seconds=wait), self.number(Key.SIGNING_REPEATS, 0))
        self.renewal.answered(use, taken=taken, retries=retries, now=now)

    def tick(self, now: datetime, *, accepted: bool) -> None:
        """Time has passed: ask again, or for the first time when the certificate ends (A03.FR.02)."""
        self.renewal.tick(now)
        held = self.memory.keys.in_use
        if accepted and held is not None:
            self.renewal.ends_soon(held.leaf, held.use, now)

    # -- taking in

    def take(self, delivery: Delivery, now: datetime) -> Taken:
        """A certificate came: keep it, or say why not. An invalid one is reported (A02.FR.07)."""
        if len(delivery.chain_pem) > self.number(Key.CHAIN_SIZE, _LONGEST_CHAIN):
            return Taken.TOO_LARGE
        if not self._is_asked_for(delivery.number):
            return Taken.UNASKED
        held = self._read(delivery, now)
        if held is None:
            self.events.append(EventKind.INVALID_STATION_CERTIFICATE)
            for use in CertificateUse if delivery.use is None else (delivery.use,):
                self.renewal.ended(use)
            return Taken.INVALID
        if self.once(Fault.CHAIN_DISOWNED):
            self.events.append(EventKind.INVALID_STATION_CERTIFICATE)
        else:
            self.memory.keys.install(held)
        self.renewal.ended(held.use)
        return Taken.KEPT

    def _is_asked_for(self, number: int | None) -> bool:
        """A request that has a number wants it back (A02.FR.25, FR.26)."""
        if number is None:
            return not self.rules.numbers_requests or Fault.CHAIN_UNNUMBERED in self.faults
        return self.memory.keys.knows_number(number)

    def _read(self, delivery: Delivery, now: datetime) -> Held | None:
        try:
            chain = x509.load_pem_x509_certificates(delivery.chain_pem.encode())
            pending = self.memory.keys.match(chain[0], delivery.use)
        except (ValueError, TypeError):
            return None
        if pending is None or self._has_begun_and_not_ended(chain[0], now) is False:
            return None
        others = tuple(chain[1:])
        at = max(now, chain[0].not_valid_before_utc)
        path = path_to_a_root(chain[0], others, self._roots_for(pending.use), at)
        if path is None or self._dislikes(chain):
            return None
        # What is kept is what will be shown: the issuers without the root.
        issuers = tuple(one for one in others if not is_issued_by(one, one))
        return Held(pending.use, IssuedCertificate(chain[0], issuers, pending.key))

    def _has_begun_and_not_ended(self, leaf: x509.Certificate, now: datetime) -> bool:
        late = self.rules.has_to_have_begun and now < leaf.not_valid_before_utc
        return not late and now <= leaf.not_valid_after_utc

    def _roots_for(self, use: CertificateUse) -> tuple[x509.Certificate, ...]:
        trust = self.memory.trust
        csms = trust.roots(AnchorUse.CSMS) + trust.roots(AnchorUse.CSMS, fallback=True)
        vehicles = trust.roots(AnchorUse.V2G)
        if use is CertificateUse.STATION:
            return csms
        return csms + vehicles if use is CertificateUse.COMBINED else vehicles

    def _dislikes(self, chain: list[x509.Certificate]) -> bool:
        has_root = any(is_issued_by(one, one) for one in chain[1:])
        return (
            Fault.CHAIN_REJECTED in self.faults
            or (Fault.CHAIN_NEEDS_ROOT in self.faults and not has_root)
            or (Fault.CHAIN_WITHOUT_ROOT in self.faults and has_root)
            or (Fault.CHAIN_LEAF_ONLY in self.faults and len(chain) > 1)
        )

    # -- using

    def is_time_to_switch(self, now: datetime) -> bool:
        """Whether the link should be made anew, because another certificate than its own is to be used."""
        in_use = self.memory.keys.in_use
        return self.uses_certificate and in_use is not None and self._choose(now) is not in_use

    def next_deadline(self) -> datetime | None:
        """When a request has to be made again."""
        return self.renewal.next_deadline()

    def login(self, given: Login, dialect: str, now: datetime) -> Login:
        """What to come in with: the certificate on profile 3, otherwise the password that holds.

        `given` is what the dial brought; it serves where the station has nothing of its own.
        """
        self._tried = None
        if not self.uses_certificate:
            password = self.memory.password
            is_given = isinstance(given, PasswordLogin) and given.password == password
            return given if password is None or is_given else password_login(dialect, password)
        self._tried = self._choose(now)
        in_use = self.memory.keys.in_use
        if in_use is not None and self._tried is not in_use and self.once(Fault.NEW_AFTER_OLD):
            self._tried = in_use
        return self._tried.login if self._tried else given

    def worked(self, now: datetime) -> None:
        """The link came up."""
        self._failures = 0
        self._profile_before = None
        if self._tried is None:
            return
        keys, newest = self.memory.keys, self._choose(now)
        if self._tried is not newest or self.faults & {Fault.NEW_NEVER_USED, Fault.LAST_TO_END}:
            keys.in_use = self._tried
        else:
            keys.worked(self._tried, now, self.rules.keeps_old)

    def fell_back(self) -> bool:
        """No link, for whatever reason: a profile that never worked is left (WP-A05.FR.08, B10.FR.07)."""
        before, self._profile_before = self._profile_before, None
        if before is not None:
            self._set_profile(before)
        return before is not None

    def failed(self) -> None:
        """The other side turned the station away.

        A new certificate that does not work goes, and the one before it is used again (A02.FR.28, FR.29);
        a new profile goes first.
        """
        if self.fell_back():
            return
        tried, in_use = self._tried, self.memory.keys.in_use
        if tried is None or tried is in_use or len(self.memory.keys.for_the_link()) < 2:
            return
        self._failures += 1
        if self._failures >= self.number(Key.ATTEMPTS, 1):
            self.memory.keys.discard(tried)
            self.events.append(EventKind.DISCARDED_RENEWED)
            self._failures = 0

    def _choose(self, now: datetime) -> Held | None:
        keys = self.memory.keys
        if Fault.NEW_NEVER_USED in self.faults and keys.in_use is not None:
            return keys.in_use
        return keys.choose(Choice.LAST_TO_END if Fault.LAST_TO_END in self.faults else self.rules.choice, now)

    def _key_in_use(self) -> PrivateKey | None:
        in_use = self.memory.keys.in_use
        return in_use.issued.key if in_use else None

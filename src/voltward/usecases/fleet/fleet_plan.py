"""What a row of a list of stations is going to change, by stated rules. Nothing is written or hashed here.

The rules. What the row does not say stays. An empty serial is filled; another serial means other hardware,
and is refused. A profile may rise; the floor never sinks by a file. A password that differs from all that the
station has comes in beside them, and the old one goes on: whichever is proven decides (rulings 23, 28). Doing
it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from voltward.crypto.passwords.passwords import PasswordKeys, octets_of, sharing_of
from voltward.domain.authority import BindingRule
from voltward.domain.credential import (
    Argon2Hash,
    ClientCertificate,
    Credential,
    CredentialState,
    Origin,
    Password,
    Purpose,
)
from voltward.domain.finding import ControlException
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import DEFAULT_GROUP, Standing, Station, StationId
from voltward.ports.clock import Clock, Entropy
from voltward.rulebook.shipped_passwords import shipped_passwords
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.fleet.fleet_ground import FleetGround
from voltward.usecases.fleet.fleet_rows import FleetRow
from voltward.usecases.fleet.new_credential import NewPassword
from voltward.usecases.fleet.weak_passwords import SHARED, Grace, weaknesses_of

_UNHASHED = Argon2Hash("")  # stands where the hash comes in when the plan is carried out


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What holds for all rows. `tenants` have a route, `waivable` are the controls that have exceptions."""

    grace: Grace
    tenants: Collection[str]
    waivable: Collection[str]
    group: str = DEFAULT_GROUP
    site: str = ""
    profile: SecurityProfile = SecurityProfile.TLS_BASIC


@dataclass(frozen=True, slots=True)
class RowPlan:
    """What becomes of one row. `password` still has to be hashed into the credential."""

    row: FleetRow
    before: Station | None
    after: Station
    credential: Credential | None = None
    password: NewPassword | None = None
    exceptions: tuple[tuple[StationId, ControlException], ...] = ()
    weak: tuple[str, ...] = ()  # controls that the password fails
    changes: tuple[str, ...] = ()  # in words, for people and the journal

    @property
    def does_something(self) -> bool:
        """Anything to save?"""
        return bool(self.changes)


@dataclass(slots=True)
class FleetPlanner:
    """Holds rows against the ground, one after the other; each plan is on the ground for the next one."""

    ground: FleetGround
    rules: PlanRules
    keys: PasswordKeys
    clock: Clock
    entropy: Entropy
    _lines: dict[StationId, int] = field(default_factory=dict[StationId, int])

    def plan(self, row: FleetRow) -> RowPlan:
        """The plan for one row. RowFault says why there is none; nothing of the row is on the ground then."""
        first = self._lines.setdefault(row.station, row.line)
        if first != row.line:
            raise row.fault("identity", f"line {first} names this station already.", "Keep one of the two.")
        now = self.clock.now()
        entry = self.ground.entry(row.station)
        after = _registered(row, self.rules, now) if entry is None else _changed(row, entry.station)
        self._refuse_collisions(row, after, entry)
        held = entry.credentials if entry is not None else ()
        credential, password = self._credential(row, after, held)
        self._refuse_unprovable(row, after, (*held, *((credential,) if credential is not None else ())))
        plan = RowPlan(row, entry.station if entry is not None else None, after, credential, password)
        exceptions = entry.exceptions if entry is not None else ()
        self.ground.put(StationEntry(after, (*held, *((credential,) if credential else ())), exceptions))
        return self._with_words(self._with_exceptions(plan, now))

    # -- collisions ---------------------------------------------------------------------------------------

    def _refuse_collisions(self, row: FleetRow, after: Station, entry: StationEntry | None) -> None:
        if row.station.tenant not in self.rules.tenants:
            what = f"no route leads to the tenant {row.station.tenant!r}."
            raise row.fault("tenant", what, f"Known are {', '.join(sorted(self.rules.tenants))}.")
        twin = self.ground.twin(row.station)
        if entry is None and twin is not None:
            what = f"{twin} differs in letter case only; the two could be mistaken for each other."
            raise row.fault("identity", what, "Correct the one that is wrong.")
        if after.serial is not None:
            bearer = self.ground.bearer(row.station.tenant, after.serial)
            if bearer not in (None, row.station):
                what = f"the serial {after.serial} belongs to {bearer}; one serial names one station."
                raise row.fault("serial", what, "Check the type plate, or retire the other record.")
        for control in row.exceptions:
            if control not in self.rules.waivable:
                what = f"there is no control {control} that anybody can be excepted from."
                raise row.fault("exceptions", what, "`voltward rulebook list` shows them.")

    def _refuse_unprovable(self, row: FleetRow, after: Station, held: tuple[Credential, ...]) -> None:
        """A station of profile 3 that has nothing to prove itself with would go dark."""
        if after.profile is not SecurityProfile.TLS_CERTIFICATE:
            return
        if any(not c.is_password and c.state is not CredentialState.RETIRED for c in held):
            return
        trusted = self.ground.authorities
        by_name = any(a.binding.rule is not BindingRule.SERIAL_IN_COMMON_NAME for a in trusted)
        if trusted and (after.serial is not None or by_name):
            return
        lacks = "its serial is not given" if trusted else "no authority is trusted for stations yet"
        raise row.fault(
            "profile",
            f"this station could not prove itself on profile 3: {lacks}.",
            "Give its certificate or fingerprint, or its serial and `voltward ca trust FILE --for stations`.",
        )

    # -- credentials --------------------------------------------------------------------------------------

    def _credential(
        self, row: FleetRow, after: Station, held: tuple[Credential, ...]
    ) -> tuple[Credential | None, NewPassword | None]:
        """The row that is new, and the password that has to be hashed for it."""
        by_certificate = after.profile is SecurityProfile.TLS_CERTIFICATE
        if row.password is not None and by_certificate:
            raise row.fault("password", "profile 3 takes no password.", "Leave it out, or use profile 2.")
        if row.certificate is not None and not by_certificate:
            raise row.fault("profile", "a certificate is for profile 3 alone.", "Write 3, or leave it out.")
        if row.certificate is not None:
            return self._pin(row, row.certificate, held), None
        if isinstance(row.password, Argon2Hash):
            return self._hashed(row, row.password, held), None
        if row.password is not None:
            return self._password(row, row.password, after.serial, held)
        return None, None

    def _pin(
        self, row: FleetRow, certificate: ClientCertificate, held: tuple[Credential, ...]
    ) -> Credential | None:
        fingerprint = certificate.fingerprint
        if fingerprint in self.ground.denied:
            raise row.fault("certificate", "this certificate was revoked, and nothing takes that back.")
        owner = self.ground.owner_of(fingerprint)
        if owner is not None and owner != row.station:
            raise row.fault("certificate", f"it belongs to {owner}; one certificate, one station.")
        if owner == row.station:
            return None
        return self._row(row, certificate, held)

    def _hashed(self, row: FleetRow, given: Argon2Hash, held: tuple[Credential, ...]) -> Credential | None:
        """A hash that somebody else made: nobody here can say how long, whose, or how common it is."""
        same = next((c for c in held if isinstance(c.proof, Password) and c.proof.verifier == given), None)
        if same is not None:
            _refuse_retired(row, same)
            return None
        return self._row(row, Password(given, hexadecimal=False, length=0), held)

    def _password(
        self, row: FleetRow, text: Secret, serial: str | None, held: tuple[Credential, ...]
    ) -> tuple[Credential | None, NewPassword | None]:
        """Equal passwords are known by their sharing digest, which costs next to nothing."""
        sharing = sharing_of(self.keys, text)
        same = [c for c in held if c.sharing_digest == sharing]
        if same:
            _refuse_retired(row, same[-1])
            return None, None
        octets, hexadecimal = octets_of(text)
        what = shipped_passwords().what_is(text, identity=row.station.identity, serial=serial)
        proof = Password(_UNHASHED, hexadecimal, len(octets), what)
        credential = replace(self._row(row, proof, held), sharing_digest=sharing)
        return credential, NewPassword(row.station, text, Origin.IMPORTED, serial)

    def _row(
        self, row: FleetRow, proof: Password | ClientCertificate, held: tuple[Credential, ...]
    ) -> Credential:
        kin = [c.generation for c in held if c.is_password is isinstance(proof, Password)]
        return Credential(
            id=self.entropy.identifier(),
            station=row.station,
            proof=proof,
            purpose=Purpose.PRODUCTION,
            state=CredentialState.PENDING,
            generation=max(kin, default=0) + 1,
            created_at=self.clock.now(),
            origin=Origin.IMPORTED,
        )

    # -- exceptions and words -----------------------------------------------------------------------------

    def _with_exceptions(self, plan: RowPlan, now: datetime) -> RowPlan:
        """Dated exceptions for what is weak, for what the row asks for, and for whoever shares unawares."""
        credential = plan.credential
        others: frozenset[StationId] = frozenset()
        if credential is not None and credential.sharing_digest:
            others = self.ground.holders(credential.sharing_digest) - {plan.row.station}
        weak = weaknesses_of(credential, shared=bool(others)) if credential is not None else ()
        wanted = [(plan.row.station, w.control) for w in weak]
        wanted += [(plan.row.station, control) for control in plan.row.exceptions]
        if len(others) == 1:  # more of them: each was spared when it became one of several
            wanted += [(other, SHARED) for other in others]
        given: list[tuple[StationId, ControlException]] = []
        for station, control in wanted:
            exception = self.rules.grace.exception(control)
            if self.ground.spare(station, exception, now):
                given.append((station, exception))
        return replace(plan, exceptions=tuple(given), weak=tuple(w.control for w in weak))

    def _with_words(self, plan: RowPlan) -> RowPlan:
        words: list[str] = []
        if plan.before is None:
            words.append("registered")
        else:
            for name in ("group", "site", "serial", "profile", "note"):
                old, new = getattr(plan.before, name), getattr(plan.after, name)
                if old != new:
                    words.append(f"{name} changed")
        if plan.credential is not None:
            words.append("password added" if plan.credential.is_password else "certificate pinned")
        words += [f"excepted from {e.control}" for s, e in plan.exceptions if s == plan.row.station]
        words += [f"{s} excepted from {e.control}" for s, e in plan.exceptions if s != plan.row.station]
        return replace(plan, changes=tuple(words))


def _registered(row: FleetRow, rules: PlanRules, now: datetime) -> Station:
    certified = SecurityProfile.TLS_CERTIFICATE if row.certificate is not None else None
    profile = row.profile or certified or rules.profile
    return Station(
        id=row.station,
        profile=profile,
        floor=profile,
        group=row.group or rules.group,
        site=row.site or rules.site,
        serial=row.serial,
        standing=Standing.COMMISSIONING,
        note=row.note or "",
        created_at=now,
    )


def _changed(row: FleetRow, record: Station) -> Station:
    if record.standing is Standing.RETIRED:
        mend = "Register the hardware under another identity."
        raise row.fault("identity", "this station is retired for good.", mend)
    if row.serial is not None and record.serial not in (None, row.serial):
        mend = (
            f"New hardware: `voltward station recommission {row.station} --new-serial "
            f"{row.serial}`. A mistake on record: `voltward station set`."
        )
        raise row.fault("serial", f"the serial on record is {record.serial}.", mend)
    if row.profile is not None and row.profile < record.profile:
        what = f"the profile on record is {int(record.profile)}; a file lowers none."
        raise row.fault("profile", what, "`voltward station set ID --lower-floor`, or --allow-profile.")
    profile = row.profile or record.profile
    return replace(
        record,
        group=row.group or record.group,
        site=row.site or record.site,
        serial=row.serial or record.serial,
        profile=profile,
        latch=record.latch if profile is record.profile else None,
        note=row.note or record.note,
    )


def _refuse_retired(row: FleetRow, same: Credential) -> None:
    if same.state is CredentialState.RETIRED:
        raise row.fault(
            "password",
            "this password was the station's, and is retired.",
            "Leave it out; `voltward station credential` makes another.",
        )

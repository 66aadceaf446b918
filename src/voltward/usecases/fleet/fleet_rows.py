"""From the cells of a row to what it says about a station. Nothing is looked up; faults name their column."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from voltward.crypto.passwords.argon2id import read_argon2
from voltward.crypto.passwords.passwords import octets_of
from voltward.crypto.reading.certificates import read_certificate
from voltward.domain.credential import Argon2Hash, ClientCertificate
from voltward.domain.errors import OperatorFault, StationFault
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import DEFAULT_TENANT, StationId, checked_site, checked_tenant
from voltward.usecases.fleet.enroll_station import identity_problem
from voltward.usecases.fleet.fleet_file import Record, RowFault

ReadCertificate = Callable[[str], bytes]  # a cell (PEM, or the name of a file) -> DER; OperatorFault

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST = {"serial": 255, "note": 1000}
_CONTROL = re.compile(r"[A-Z]+-[0-9]+")
_HASHES = (
    "$2a$",
    "$2b$",
    "$2y$",
    "{bcrypt}",
    "{pbkdf2}",
    "{scrypt}",
    "{sha256}",
    "PBKDF2;",
    "$pbkdf2",
    "$scrypt$",
)
_DIGITS = re.compile(r"(?:[0-9a-fA-F]{2})+")
_SPELLED = range(32, 41)  # digits that stations send as they stand, too (field note 1)


@dataclass(frozen=True, slots=True)
class FleetRow:
    """What one row says; None where it says nothing."""

    line: int
    station: StationId
    group: str | None = None
    site: str | None = None
    profile: SecurityProfile | None = None
    serial: str | None = None
    password: Secret | Argon2Hash | None = None
    certificate: ClientCertificate | None = None
    note: str | None = None
    exceptions: tuple[str, ...] = ()

    def fault(self, column: str, what: str, mend: str = "") -> RowFault:
        """A fault of this row."""
        return RowFault(self.line, column, what, mend, str(self.station))


def read_row(record: Record, read_cell: ReadCertificate, tenant: str = DEFAULT_TENANT) -> FleetRow:
    """Read all cells; raises the first RowFault. `tenant` is whose stations they are, unless the row says."""
    cells = _Cells(record)
    return FleetRow(
        line=record.line,
        station=cells.station(tenant),
        group=cells.group(),
        site=cells.site(),
        profile=cells.profile(),
        serial=cells.bounded("serial"),
        password=cells.password(),
        certificate=cells.certificate(read_cell),
        note=cells.bounded("note"),
        exceptions=cells.exceptions(),
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of one row, column by column."""

    record: Record

    def fault(self, column: str, what: str, mend: str = "") -> RowFault:
        subject = self.record.cells.get("identity", "")
        return RowFault(self.record.line, column, what, mend, subject)

    def station(self, tenant: str) -> StationId:
        identity = self.record.cells.get("identity")
        if identity is None:
            raise self.fault("identity", "there is no identity.", "Each row names its station.")
        problem = identity_problem(identity)
        if problem:
            mend = "Use at most 48 letters, digits and * - _ = + | @ ."
            raise self.fault("identity", f"this is no identity that OCPP knows: {problem}.", mend)
        try:
            return StationId(identity, checked_tenant(self.record.cells.get("tenant", tenant)))
        except OperatorFault as fault:
            raise self.fault("tenant", fault.what, fault.mend) from fault

    def bounded(self, column: str) -> str | None:
        """A text of people, not longer than it may be."""
        text = self.record.cells.get(column)
        if text is not None and len(text) > _LONGEST[column]:
            raise self.fault(column, f"it has more than {_LONGEST[column]} characters.")
        return text

    def group(self) -> str | None:
        group = self.record.cells.get("group")
        if group is not None and not _NAME.fullmatch(group):
            raise self.fault("group", "this is no name of a group.", "Use letters, digits and . _ -")
        return group

    def site(self) -> str | None:
        site = self.record.cells.get("site")
        try:
            return checked_site(site) if site is not None else None
        except OperatorFault as fault:
            raise self.fault("site", fault.what, fault.mend) from fault

    def profile(self) -> SecurityProfile | None:
        told = self.record.cells.get("profile")
        if told is None:
            return None
        if told == "0":
            mend = (
                "Give the profile that it is going to use. Without a credential it enters only while its "
                "group is observed."
            )
            raise self.fault("profile", "profile 0 has no credential, and cannot be registered.", mend)
        if told not in ("1", "2", "3"):
            raise self.fault("profile", f"{told[:20]!r} is no security profile.", "Write 1, 2 or 3.")
        return SecurityProfile(int(told))

    def password(self) -> Secret | Argon2Hash | None:
        """Never a word of the password in a fault: these are printed."""
        told = self.record.cells.get("password")
        form = self.record.cells.get("password_form", "").lower()
        if told is None:
            return None
        try:
            if form == "argon2id" or (not form and told.startswith("$argon2id$")):
                return read_argon2(told)
            self._refuse_hash(told, form)
            secret = self._unhexed(told) if form == "hex" else Secret(told.encode("utf-8"))
            octets_of(secret)
        except RowFault:
            raise
        except OperatorFault as fault:
            raise self.fault("password", fault.what, fault.mend) from fault
        return secret

    def _refuse_hash(self, told: str, form: str) -> None:
        mend = (
            "Known forms are text, hex and argon2id. Of another hash (bcrypt, PBKDF2, scrypt) leave the "
            "password empty: it is learnt from the station while its group is observed."
        )
        if form not in ("", "text", "hex"):
            raise self.fault("password_form", f"{form[:20]!r} is no form that can be taken over.", mend)
        if told.startswith(_HASHES):
            raise self.fault("password", "this is a hash of a kind that cannot be compared with.", mend)

    def _unhexed(self, told: str) -> Secret:
        if not _DIGITS.fullmatch(told):
            raise self.fault(
                "password", "these are not pairs of hexadecimal digits.", "Mend it, or use text."
            )
        return Secret(told.encode("ascii") if len(told) in _SPELLED else bytes.fromhex(told))

    def certificate(self, read_cell: ReadCertificate) -> ClientCertificate | None:
        cells = self.record.cells
        file, fingerprint = cells.get("certificate"), cells.get("fingerprint")
        if file is not None and fingerprint is not None:
            raise self.fault("fingerprint", "the certificate is given as well.", "Keep one of the two.")
        if file is not None:
            try:
                seen = read_certificate(read_cell(file))
            except (OperatorFault, StationFault) as fault:
                raise self.fault("certificate", fault.what, fault.mend) from fault
            return ClientCertificate(seen.fingerprint, (seen.common_names or ("",))[0], b"", pinned=True)
        if fingerprint is None:
            return None
        digits = fingerprint.replace(":", "")
        if len(digits) != 64 or not _DIGITS.fullmatch(digits):
            raise self.fault("fingerprint", "this is no SHA-256 fingerprint.", "Give 64 hexadecimal digits.")
        return ClientCertificate(bytes.fromhex(digits), "", b"", pinned=True)

    def exceptions(self) -> tuple[str, ...]:
        told = tuple(dict.fromkeys(self.record.cells.get("exceptions", "").upper().split()))
        for control in told:
            if not _CONTROL.fullmatch(control):
                raise self.fault(
                    "exceptions", f"{control[:20]!r} is no control.", "`voltward rulebook list` shows them."
                )
        return told

"""Authorities whose certificates stations may present, and certificates that are denied.

Binding (ruling 7): how a certificate names its station is a rule of the authority that issued it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voltward.domain.revocation_list import ListRule


class TrustedFor(StrEnum):
    """What an authority may vouch for."""

    STATIONS = "stations"  # production certificates
    MANUFACTURERS = "manufacturers"  # factory certificates: they open the unproven lane only


class BindingRule(StrEnum):
    """How a certificate names its station."""

    SERIAL_IN_COMMON_NAME = "serial"
    IDENTITY_IN_COMMON_NAME = "identity"
    PATTERN = "pattern"
    FINGERPRINT = "fingerprint"


@dataclass(frozen=True, slots=True)
class Binding:
    """`pattern` is anchored at both ends; its group `serial` or `identity` must equal the record's."""

    rule: BindingRule = BindingRule.SERIAL_IN_COMMON_NAME
    pattern: str | None = None

    def names(self, common_name: str, *, identity: str, serial: str | None) -> bool:
        """Does a certificate with this common name belong to the station? Exact, never a part of a name."""
        if self.rule is BindingRule.SERIAL_IN_COMMON_NAME:
            return serial is not None and common_name == serial
        if self.rule is BindingRule.IDENTITY_IN_COMMON_NAME:
            return common_name == identity
        if self.rule is BindingRule.PATTERN and self.pattern is not None:
            found = re.fullmatch(self.pattern, common_name)
            groups = found.groupdict() if found else {}
            expected = {"identity": identity, "serial": serial}
            named = {name: value for name, value in groups.items() if name in expected}
            return bool(named) and all(value == expected[name] is not None for name, value in named.items())
        return False  # FINGERPRINT: only a pinned credential opens


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA certificate that the deployment trusts. `id` is the SHA-256 of its DER form, in hexadecimal."""

    id: str
    name: str
    certificate_pem: bytes
    trusted_for: TrustedFor
    binding: Binding = Binding()
    organisations: tuple[str, ...] = ()  # names in O beside the operator's own (A00.FR.404)
    added_at: datetime | None = None
    retired_at: datetime | None = None
    revocation_list: ListRule | None = None  # of another authority; ours never needs one


@dataclass(frozen=True, slots=True)
class DeniedCertificate:
    """An entry of the deny-list: looked up after every handshake, whatever the chain says."""

    fingerprint: bytes
    reason: str
    denied_at: datetime
    station: str = ""  # who it belonged to, for the reader

"""Records in words and as facts, the same wherever they are printed."""

from __future__ import annotations

from collections.abc import Sequence

from voltward.domain.credential import ClientCertificate, Credential, Password, Purpose
from voltward.domain.finding import ControlException
from voltward.domain.quirk import QuirkGrant
from voltward.domain.security_profile import Allowance
from voltward.domain.station import Station
from voltward.usecases.admission.admission_registry import StationEntry


def station_facts(
    station: Station,
    credentials: Sequence[Credential] | None = None,
    exceptions: Sequence[ControlException] | None = None,
) -> dict[str, object]:
    """A record as facts; credentials and exceptions where they were asked for."""
    facts: dict[str, object] = {
        "station": str(station.id),
        "profile": int(station.profile),
        "floor": int(station.floor),
        "standing": station.standing.value,
        "group": station.group,
        "site": station.site or None,
        "serial": station.serial,
    }
    model = station.model
    claims = {"vendor": model.vendor, "model": model.name, "firmware": model.firmware}
    facts |= {name: claim for name, claim in claims.items() if claim is not None}
    if station.behind:
        facts["speaks_for"] = list(station.behind)
    if station.quirks:
        facts["quirks"] = [quirk_words(grant) for grant in station.quirks]
    if station.quarantine_lane is not None:
        facts["lane"] = station.quarantine_lane.value
    if station.recommissioned_at is not None:
        facts["recommissioned_at"] = station.recommissioned_at
    if station.csms_password:
        facts["csms_password"] = "kept, sealed"
    if station.note:
        facts["note"] = station.note
    if credentials is not None:
        facts["credentials"] = [credential_facts(credential) for credential in credentials]
    if exceptions is not None:
        facts["allowance"] = allowance_words(station.allowance) if station.allowance else None
        facts["exceptions"] = [
            {"control": e.control, "until": e.until, "owner": e.owner, "reason": e.reason} for e in exceptions
        ]
    return facts


def station_row(entry: StationEntry) -> tuple[str, ...]:
    """A record, as a row of the table."""
    station = entry.station
    return (
        str(station.id),
        str(int(station.profile)),
        str(int(station.floor)),
        station.standing.value,
        station.group,
        station.site or "-",
        station.serial or "-",
        "proven" if entry.has_proven_credential else "not yet proven",
    )


def credential_facts(credential: Credential) -> dict[str, object]:
    """A credential, as JSON tells it; nothing of the secret."""
    facts: dict[str, object] = {
        "kind": "password" if credential.is_password else "certificate",
        "purpose": credential.purpose.value,
        "state": credential.state.value,
        "generation": credential.generation,
        "created_at": credential.created_at,
        "not_after": credential.not_after,
        "proven_at": credential.proven_at,
        "origin": credential.origin.value if credential.origin else None,
    }
    if isinstance(credential.proof, ClientCertificate):
        facts["fingerprint"] = credential.proof.fingerprint.hex()
        facts["common_name"] = credential.proof.common_name
        facts["pinned"] = credential.proof.pinned
    if isinstance(credential.proof, Password):
        facts["form_seen"] = credential.last_form.value if credential.last_form else None
        facts["octets"] = credential.proof.length or None
        facts["default_of"] = credential.proof.default_of or None
    return facts


def credential_words(credential: Credential) -> str:
    """A credential in one line."""
    proven = f"proven {credential.proven_at:%Y-%m-%d %H:%M}" if credential.proven_at else "not yet proven"
    head = f"generation {credential.generation}, {credential.state.value}, {proven}"
    if isinstance(credential.proof, ClientCertificate):
        return (
            f"certificate {credential.proof.fingerprint.hex()[:16]} ({credential.proof.common_name}), {head}"
        )
    form = f", seen as {credential.last_form.value}" if credential.last_form else ""
    origin = f", {credential.origin.value}" if credential.origin else ""
    purpose = "commissioning " if credential.purpose is Purpose.COMMISSIONING else ""
    length = f"of {credential.proof.length} octets" if credential.proof.length else "known by its hash"
    return f"{purpose}password {length}, {head}{form}{origin}"


def allowance_words(allowance: Allowance) -> str:
    """An allowance in one line."""
    return (
        f"profile {int(allowance.profile)} until {allowance.until:%Y-%m-%d %H:%M} UTC "
        f"({allowance.owner}: {allowance.reason})"
    )


def quirk_words(grant: QuirkGrant) -> str:
    """A station's own quirk in one line."""
    parameters = "".join(f" {name}={value}" for name, value in grant.parameters.items())
    return f"{grant.quirk}{parameters} until {grant.until:%Y-%m-%d} ({grant.owner}: {grant.reason})"


def exception_words(exception: ControlException) -> str:
    """An exception in one line."""
    return f"{exception.control} until {exception.until:%Y-%m-%d} ({exception.owner}: {exception.reason})"

"""What a BootNotification and a SecurityEventNotification say, lifted out of their payloads.

Read by key, never renamed; whatever is missing or of the wrong type is None: these are claims of a station,
and a malformed one must not trip us (steve#1609: a bad timestamp killed a CSMS).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from voltward.ocpp.named_values import Path

#: The longest of the fields below has 50 characters in every edition; claims are kept up to this length.
LONGEST_CLAIM = 255


@dataclass(frozen=True, slots=True)
class BootPaths:
    """Where a dialect keeps the facts of a boot; the first path that leads to text counts."""

    serial: tuple[Path, ...]
    vendor: Path
    model: Path
    firmware: Path


@dataclass(frozen=True, slots=True)
class BootFacts:
    """A station's claims about itself."""

    serial: str | None
    vendor: str | None
    model: str | None
    firmware: str | None


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """A station's security event. `at` is its own clock, which may be wrong; None if it cannot be read."""

    kind: str
    at: datetime | None
    timestamp: str
    tech_info: str | None


def read_boot(payload: dict[str, Any], paths: BootPaths) -> BootFacts:
    """The claims of a BootNotification."""
    serials = (_text_at(payload, path) for path in paths.serial)
    return BootFacts(
        serial=next((serial for serial in serials if serial is not None), None),
        vendor=_text_at(payload, paths.vendor),
        model=_text_at(payload, paths.model),
        firmware=_text_at(payload, paths.firmware),
    )


def read_security_event(payload: dict[str, Any]) -> SecurityEvent | None:
    """The event, or None where it does not even say its type. Unknown types are fine (7.1: free text)."""
    kind = _text_at(payload, ("type",))
    if kind is None:
        return None
    timestamp = _text_at(payload, ("timestamp",)) or ""
    return SecurityEvent(kind, _moment(timestamp), timestamp, _text_at(payload, ("techInfo",)))


def wire_time(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as every edition takes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(timestamp: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(timestamp)
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _text_at(payload: object, path: Path) -> str | None:
    node = payload
    for step in path:
        if not isinstance(node, dict):
            return None
        node = node.get(step)
    return node[:LONGEST_CLAIM] if isinstance(node, str) and node else None

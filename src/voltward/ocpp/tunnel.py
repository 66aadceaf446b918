"""Messages of a newer version that travel inside of an older one's DataTransfer (Plug & Charge in 1.6).

They are looked at like the real ones (ruling 20): what is refused in the open is refused in the tunnel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from voltward.domain.call_purpose import CallPurpose
from voltward.ocpp import frames
from voltward.ocpp.certificate_facts import CertificateFacts
from voltward.ocpp.certificate_words import told
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import Call, FrameFault
from voltward.ocpp.named_values import UnreadableRows
from voltward.ocpp.names import fold

_LIMITS: Final = FrameLimits()


@dataclass(frozen=True, slots=True)
class Tunnelled:
    """What came through: `payload` None where it cannot be read for sure."""

    action: str
    purpose: CallPurpose
    payload: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The vendor's name that opens it, and how to read what comes through."""

    action: str
    vendor: str
    purposes: Mapping[str, CallPurpose]
    certificates: CertificateFacts

    def unwrap(self, payload: Mapping[str, Any]) -> Tunnelled | None:
        """The message inside; None where this is no tunnel, or what it carries is no matter of ours."""
        try:
            vendor, action = told(payload, "vendorId"), told(payload, "messageId")
        except UnreadableRows:
            return Tunnelled("", CallPurpose.OTHER, None)
        if not isinstance(vendor, str) or fold(vendor) != fold(self.vendor) or not isinstance(action, str):
            return None
        known = next((name for name in self.purposes if fold(name) == fold(action)), None)
        if known is None:
            return None
        return Tunnelled(known, self.purposes[known], _inner(known, payload))

    def wrap(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a message that came through."""
        return {"status": "Accepted", "data": json.dumps(answer)}


def _inner(action: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Read as strictly as a frame of its own would be."""
    try:
        data = told(payload, "data")
    except UnreadableRows:
        return None
    if not isinstance(data, str):
        return None
    raw = b'[2,"-",' + json.dumps(action).encode() + b"," + data.encode("utf-8", "surrogatepass") + b"]"
    try:
        frame = frames.parse_frame(raw, _LIMITS)
    except FrameFault:
        return None
    return frame.payload if isinstance(frame, Call) else None

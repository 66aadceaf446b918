"""A call about certificates, in the open or through a tunnel: whose matter it is, and how it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.intents import CertificateHash
from voltward.ocpp.certificate_facts import AnchorFacts, CertificateFacts, CsrFacts, Matter
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.frames import Call, CallError, CallResult
from voltward.ocpp.tunnel import Tunnel


@dataclass(frozen=True, slots=True)
class CertificateCall:
    """`payload` None: what is inside of the tunnel cannot be read for sure."""

    dialect: Dialect
    action: str
    purpose: CallPurpose
    payload: Mapping[str, Any] | None
    tunnel: Tunnel | None = None

    @property
    def matter(self) -> Matter:
        """Whose it is. What goes through the tunnel without a type is meant for cars (Plug & Charge)."""
        if self.payload is None:
            return Matter.UNREADABLE
        matter = self._facts.matter(self.purpose, self.payload)
        return Matter.OTHER if matter is Matter.UNNAMED and self.tunnel is not None else matter

    def csr(self) -> CsrFacts | None:
        """The request; None where it cannot be told for sure."""
        return self._facts.csr(self.payload) if self.payload is not None else None

    def anchor(self) -> AnchorFacts | None:
        """The root that is to be trusted; None where it cannot be told for sure."""
        return self._facts.anchor(self.payload) if self.payload is not None else None

    def removed(self) -> CertificateHash | None:
        """The certificate that is to be forgotten; None where it cannot be told for sure."""
        return self._facts.removed(self.payload) if self.payload is not None else None

    def refusal(self, reason: str, words: str) -> Mapping[str, Any]:
        """The answer that refuses it, the way it came."""
        answer = self.dialect.refusal(self.action, reason, words)
        return self.tunnel.wrap(answer) if self.tunnel is not None else answer

    def was_accepted(self, answer: CallResult | CallError) -> bool:
        """Whether this answer says that it was done. In a tunnel: that it was taken, which may be less."""
        return isinstance(answer, CallResult) and answer.payload.get("status") == "Accepted"

    @property
    def _facts(self) -> CertificateFacts:
        return self.tunnel.certificates if self.tunnel is not None else self.dialect.certificates


def read_certificate_call(dialect: Dialect, call: Call) -> CertificateCall | None:
    """The call, out of its tunnel if it came through one; None where it is about nothing of this kind."""
    purpose = dialect.purpose_of(call.action)
    if purpose is not CallPurpose.TUNNEL:
        return CertificateCall(dialect, call.action, purpose, call.payload)
    came = dialect.tunnel.unwrap(call.payload) if dialect.tunnel is not None else None
    if came is None:
        return None
    return CertificateCall(dialect, came.action, came.purpose, came.payload, dialect.tunnel)

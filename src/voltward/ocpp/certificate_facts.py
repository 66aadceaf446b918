"""What messages about certificates say: whose matter they are, what is asked for, what is to be trusted.

Who owns such a message goes by action and certificate type (ruling 20): those about the station's link to
us are ours to look at, those of another PKI (cars, contracts) pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.intents import AnchorUse, CertificateHash, CertificateUse
from voltward.ocpp.certificate_words import CertificateWords, meant_by, read_hash_data, told
from voltward.ocpp.named_values import UnreadableRows

_TYPE = "certificateType"
_OF_THE_LINK = frozenset({CertificateUse.CSMS_LINK, CertificateUse.COMBINED})


class Matter(StrEnum):
    """Whose a message about certificates is."""

    LINK = "link"  # of the station's link to us, alone or combined
    UNNAMED = "unnamed"  # it names no use where it could: the link, or both uses
    OTHER = "other"  # of another PKI, or no matter of certificates at all
    UNREADABLE = "unreadable"  # two readers could understand two things


@dataclass(frozen=True, slots=True)
class CsrFacts:
    """What a station asks for. `use` None: it named none; what it asked for has then no name either."""

    csr: str
    use: CertificateUse | None = None
    request_id: int | None = None
    issuing_root: CertificateHash | None = None


@dataclass(frozen=True, slots=True)
class AnchorFacts:
    """A root that is to be trusted. `use` None: a use that this version does not know."""

    use: AnchorUse | None
    certificate: str


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Reads by a version's words."""

    words: CertificateWords

    def matter(self, purpose: CallPurpose, payload: Mapping[str, Any]) -> Matter:
        """Whose this call is."""
        try:
            match purpose:
                case CallPurpose.CSR | CallPurpose.CERTIFICATE:
                    return self._of_certificate(payload)
                case CallPurpose.TRIGGER:
                    use = meant_by(told(payload, "requestedMessage"), self.words.triggers)
                    return Matter.LINK if use in _OF_THE_LINK else Matter.OTHER
                case CallPurpose.ANCHOR:
                    use = meant_by(told(payload, _TYPE), self.words.anchors)
                    return Matter.LINK if use is AnchorUse.CSMS else Matter.OTHER
                case CallPurpose.ANCHOR_REMOVAL:
                    return Matter.LINK if self.removed(payload) is not None else Matter.UNREADABLE
                case _:
                    return Matter.OTHER
        except UnreadableRows:
            return Matter.UNREADABLE

    def csr(self, payload: Mapping[str, Any]) -> CsrFacts | None:
        """The request of a call about our matters; None where it cannot be told for sure."""
        try:
            csr, word = told(payload, "csr"), told(payload, _TYPE) if self.words.uses else None
            request_id = told(payload, "requestId") if self.words.has_request_id else None
            root = told(payload, "hashRootCertificate") if self.words.has_request_id else None
            use = meant_by(word, self.words.uses) if word is not None else None
        except UnreadableRows:
            return None
        is_id = request_id is None or (isinstance(request_id, int) and not isinstance(request_id, bool))
        if not isinstance(csr, str) or not csr or not is_id:
            return None
        return CsrFacts(csr, use, request_id, read_hash_data(root))

    def anchor(self, payload: Mapping[str, Any]) -> AnchorFacts | None:
        """The root that is to be installed; None where it cannot be told for sure."""
        try:
            use = meant_by(told(payload, _TYPE), self.words.anchors)
            certificate = told(payload, "certificate")
        except UnreadableRows:
            return None
        return AnchorFacts(use, certificate) if isinstance(certificate, str) else None

    def removed(self, payload: Mapping[str, Any]) -> CertificateHash | None:
        """The certificate that is to be deleted; None where it cannot be told for sure."""
        try:
            return read_hash_data(told(payload, "certificateHashData"))
        except UnreadableRows:
            return None

    def _of_certificate(self, payload: Mapping[str, Any]) -> Matter:
        if not self.words.uses:
            return Matter.LINK  # a version that knows no other
        word = told(payload, _TYPE)
        if word is None:
            return Matter.UNNAMED
        return Matter.LINK if meant_by(word, self.words.uses) in _OF_THE_LINK else Matter.OTHER

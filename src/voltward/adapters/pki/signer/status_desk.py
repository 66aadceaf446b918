"""OCSP answers, signed by delegates: short-lived certificates whose keys are in memory alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.ledger_records import CertificateIssued, CertificateRevoked
from voltward.adapters.pki.signer.signer_messages import (
    MOST_SERIALS,
    GetStatuses,
    SignedStatus,
    SignedStatuses,
)
from voltward.crypto.issuing.certificate_profiles import STATUS_SIGNER
from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.issuance import (
    LONGEST_NAME,
    CertificateOrder,
    IssuingAuthority,
    Subject,
    issue_certificate,
)
from voltward.crypto.keys import PublicKey, make_key
from voltward.crypto.revocation import status_answers
from voltward.crypto.revocation.revocation_lists import RevokedSerial
from voltward.crypto.revocation.status_answers import NameHash, Standing, sign_status
from voltward.crypto.revocation.status_requests import LARGEST_NONCE
from voltward.domain.errors import OperatorFault
from voltward.ports.clock import Clock, Entropy


@dataclass(frozen=True, slots=True)
class _Delegate:
    """Who signs answers for an authority; its key is in memory alone, so each start has new ones."""

    authority: IssuingAuthority
    renew_at: datetime


class StatusDesk:
    """Signs for all authorities of one ledger."""

    def __init__(self, ledger: Ledger, clock: Clock, entropy: Entropy) -> None:
        self._ledger = ledger
        self._clock = clock
        self._entropy = entropy
        self._delegates: dict[str, _Delegate] = {}

    def forget(self) -> None:
        """What was signed last may not be in the ledger."""
        self._delegates.clear()

    def answers(
        self, request: GetStatuses, authority: IssuingAuthority, known: Collection[str]
    ) -> SignedStatuses:
        """Answers for these serial numbers, each signed now. `known`: given out before there was a ledger."""
        _check(request)
        now, delegate = self._clock.now(), self._delegate(request.issuer, authority)
        end = min(now + status_answers.LIFETIME, delegate.certificate.not_valid_after_utc)
        form = NameHash(request.name_hash)
        return SignedStatuses(
            [
                SignedStatus(
                    serial,
                    sign_status(
                        authority.certificate,
                        delegate,
                        self._standing(request.issuer, serial, known),
                        form,
                        now,
                        request.nonce,
                    ),
                    end,
                )
                for serial in request.serials
            ]
        )

    def _standing(self, issuer: str, serial: str, known: Collection[str]) -> Standing:
        revoked = self._ledger.revocation_of(issuer, serial)
        entry = _entry(revoked) if revoked is not None else None
        is_issued = serial in known or self._ledger.has_issued(issuer, serial)
        return Standing(int(serial, 16), is_issued, entry)

    def _delegate(self, issuer: str, authority: IssuingAuthority) -> IssuingAuthority:
        known, now = self._delegates.get(issuer), self._clock.now()
        if known is not None and now < known.renew_at:
            return known.authority
        public_key = authority.certificate.public_key()
        assert isinstance(public_key, PublicKey)
        key = make_key(Family.of(public_key).leaf_key)
        subject = Subject(f"{authority.common_name} status"[-LONGEST_NAME:], authority.organisation or "-")
        order = CertificateOrder(subject, key.public_key())
        certificate = issue_certificate(STATUS_SIGNER, order, authority, now, self._entropy)
        made = IssuingAuthority(certificate, key)
        record = CertificateIssued(
            f"status-{self._entropy.identifier()}",
            issuer,
            f"{certificate.serial_number:x}",
            certificate.public_bytes(Encoding.DER),
            now,
        )
        self._ledger.append([record])
        self._delegates[issuer] = _Delegate(made, _half(now, certificate.not_valid_after_utc))
        return made


def _check(request: GetStatuses) -> None:
    if len(request.serials) > MOST_SERIALS or request.name_hash not in set(NameHash):
        raise OperatorFault(
            f"answers are signed for at most {MOST_SERIALS} certificates at a time, by SHA-1 or SHA-256.",
            mend="Ask for fewer.",
        )
    if request.nonce and (len(request.serials) != 1 or len(request.nonce) > LARGEST_NONCE):
        raise OperatorFault(
            f"a nonce has at most {LARGEST_NONCE} octets, and goes with one certificate.",
            mend="Ask for each by itself.",
        )


def _entry(one: CertificateRevoked) -> RevokedSerial:
    return RevokedSerial(int(one.serial, 16), one.at, one.reason)


def _half(begin: datetime, end: datetime) -> datetime:
    return begin + (end - begin) / 2

"""Enrolment at EJBCA: `POST .../v1/certificate/pkcs10enroll`, with a client certificate that is a RA there.

Tried against fakes of the documented shape alone, never against the real program. Profiles that want a
person's approval are not for this: each further asking would be a further request to approve.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from typing import Final

import msgspec

from voltward.adapters.pki.outside.json_exchange import JsonDesk, read_json
from voltward.crypto.reading.pem import certificate_pem, read_pem_bundle, request_pem
from voltward.ports.authority import CertificateOrder, Declined, OrderOutcome
from voltward.ports.clock import Entropy

PATH: Final = "/ejbca/ejbca-rest-api/v1"
ENROL: Final = "/certificate/pkcs10enroll"


class _Signed(msgspec.Struct):
    certificate: str  # Base64 of DER, as are the others
    certificate_chain: list[str] = []


@dataclass(frozen=True, slots=True)
class EjbcaProfiles:
    """Names of things there: which CA signs, and after which profiles."""

    authority: str
    certificate: str
    entity: str


@dataclass(frozen=True, slots=True)
class EjbcaEnrolment:
    """Implements Enrolment. Each station is an end entity there, by its serial number."""

    desk: JsonDesk
    profiles: EjbcaProfiles
    entropy: Entropy

    async def enrol(self, order: CertificateOrder) -> OrderOutcome:
        asked = {
            "certificate_request": request_pem(order.csr).decode("ascii"),
            "certificate_authority_name": self.profiles.authority,
            "certificate_profile_name": self.profiles.certificate,
            "end_entity_profile_name": self.profiles.entity,
            "username": order.common_name,
            "password": self.entropy.token(16).hex(),  # wanted there, and used by nobody again
            "include_chain": True,
        }
        answered = await self.desk.post(ENROL, asked)
        if answered.status == 202:
            return Declined(
                f"its profile waits for an approval, which is not asked for here: {answered.words()}"
            )
        return self.desk.outcome(answered, _heap)


def _heap(body: bytes) -> tuple[bytes, ...]:
    signed = read_json(body, _Signed)
    ders = [b64decode(one, validate=True) for one in (signed.certificate, *signed.certificate_chain)]
    return tuple(read_pem_bundle(certificate_pem(*ders)))  # each is looked at

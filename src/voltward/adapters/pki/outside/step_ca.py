"""Enrolment at step-ca: `POST /1.0/sign` with the request and a token of a JWK provisioner.

Tried against fakes of the documented shape alone, never against the real program. The token is ours to sign,
with the provisioner's key: it names the station, is good for minutes and for one use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from voltward.adapters.pki.outside.json_exchange import JsonDesk, read_json
from voltward.crypto.reading.pem import read_pem_bundle, request_pem
from voltward.crypto.tokens.provisioner_tokens import ProvisionerKey
from voltward.ports.authority import CertificateOrder, OrderOutcome
from voltward.ports.clock import Clock

SIGN: Final = "/1.0/sign"
_GOOD_FOR: Final = timedelta(minutes=5)
_EARLIER: Final = timedelta(minutes=1)  # its clock may stand behind ours


class _Signed(msgspec.Struct, rename="camel"):
    cert_chain: list[str]  # leaf first; the root is not in it


@dataclass(frozen=True, slots=True)
class StepCaEnrolment:
    """Implements Enrolment. `provisioner`: its name there."""

    desk: JsonDesk
    provisioner: str
    key: ProvisionerKey
    clock: Clock

    async def enrol(self, order: CertificateOrder) -> OrderOutcome:
        csr = request_pem(order.csr).decode("ascii")
        answered = await self.desk.post(SIGN, {"csr": csr, "ott": self._token(order)})
        return self.desk.outcome(answered, _heap)

    def _token(self, order: CertificateOrder) -> str:
        now = self.clock.now()
        # Told twice it is refused: another try has another number.
        number = hashlib.sha256(f"{order.id} {now.timestamp()}".encode()).hexdigest()
        place = self.desk.place
        return self.key.sign(
            {
                "iss": self.provisioner,
                "sub": order.common_name,
                "aud": f"https://{place.authority}{place.path}{SIGN}",
                "jti": number,
                "iat": int(now.timestamp()),
                "nbf": int((now - _EARLIER).timestamp()),
                "exp": int((now + _GOOD_FOR).timestamp()),
            }
        )


def _heap(body: bytes) -> tuple[bytes, ...]:
    return tuple(read_pem_bundle("\n".join(read_json(body, _Signed).cert_chain)))

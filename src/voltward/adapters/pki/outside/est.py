"""Enrolment over EST (RFC 7030, with the clearer words of RFC 8951): a corporate authority behind HTTPS.

    GET  .../cacerts         what stands above a leaf; asked first, so that nothing is issued without it
    POST .../simpleenroll    200 the certificate, 202 and Retry-After: later, 400: never

Voltward is the registration authority here: it proves itself by password or certificate, and asks for its
stations. `simplereenroll` is for a holder who shows the certificate itself, and so never ours to ask.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from voltward.adapters.pki.outside.http_exchange import Answered, Asked, Login, Place, exchange, unwilling
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import CertificateOrder, Declined, Issued, OrderOutcome, Pending
from voltward.ports.clock import Clock
from voltward.wire.tls_client import ClientContext

WELL_KNOWN: Final = "/.well-known/est"
_SOONEST: Final = timedelta(seconds=5)
_LATEST: Final = timedelta(days=1)
_USUAL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class EstEnrolment:
    """Implements Enrolment. The context shows our certificate where the authority wants one."""

    place: Place
    context: ClientContext
    login: Login | None
    clock: Clock

    async def enrol(self, order: CertificateOrder) -> OrderOutcome:
        above = await self._authorities()
        body = b64encode(order.csr)
        headers = {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64"}
        answer = await exchange(
            self.place, self.context, Asked("POST", "/simpleenroll", {**headers, **self._proof()}, body)
        )
        if answer.status == 200:
            try:
                return Issued((*_certificates(answer), *above))
            except ValueError:
                return Declined("it answered 200, and with no certificate that could be read.")
        if answer.status == 202:
            return Pending(retry_at(answer, self.clock.now()), answer.words())
        if answer.status in {400, 422}:
            return Declined(answer.words())
        raise unwilling(self.place, answer)

    async def _authorities(self) -> tuple[bytes, ...]:
        answer = await exchange(self.place, self.context, Asked("GET", "/cacerts", self._proof()))
        if answer.status != 200:
            raise unwilling(self.place, answer)
        try:
            return _certificates(answer)
        except ValueError as error:
            raise OutsideFault(
                "the authority's own certificates cannot be read.",
                mend="See that the URL is that of an EST server.",
                subject=self.place.host,
            ) from error

    def _proof(self) -> dict[str, str]:
        return {"Authorization": self.login.header()} if self.login is not None else {}


def retry_at(answer: Answered, now: datetime) -> datetime:
    """Retry-After as seconds or as a date (RFC 9110, 10.2.3), between 5 s and a day from now."""
    text = answer.headers.get("retry-after", "").strip()
    try:
        wait = timedelta(seconds=int(text)) if text.isdecimal() else parsedate_to_datetime(text) - now
    except (ValueError, TypeError, OverflowError):
        wait = _USUAL
    return now + min(max(wait, _SOONEST), _LATEST)


def _certificates(answer: Answered) -> tuple[bytes, ...]:
    """PKCS #7 in Base64, without any private header. ValueError for anything else."""
    der = b64decode(b"".join(answer.body.split()), validate=True)
    try:
        return tuple(each.public_bytes(Encoding.DER) for each in load_der_pkcs7_certificates(der))
    except Exception as error:
        # The parser has a dozen exceptions for foreign octets and grows new ones; each means the same here.
        raise ValueError("no certificates that could be read") from error

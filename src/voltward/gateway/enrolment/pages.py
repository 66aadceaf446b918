"""What is answered to whom at the enrolment door (RFC 7030, 4): paths, kinds, and the standard's numbers.

    GET  .../cacerts         the authorities above a leaf, for anybody
    GET  .../csrattrs        what a request may do well to have, for anybody
    POST .../simpleenroll    a certificate for whoever has the station's password
    POST .../simplereenroll  the next one, for whoever shows the station's present one

`.../` is `/.well-known/est/`, or `/.well-known/est/TENANT/` (the label of 3.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from voltward.crypto.requests.request_text import LARGEST_REQUEST
from voltward.crypto.tokens.enrolment_forms import REQUEST_ATTRIBUTES, certificates_only
from voltward.detection.sources import Source
from voltward.domain.errors import OutsideFault
from voltward.domain.events import FactValue
from voltward.domain.station_entry import StationEntry
from voltward.gateway.enrolment.applicants import Applicants, Knock, Stranger
from voltward.gateway.enrolment.desk import EnrolmentDesk, Ready
from voltward.usecases.issuance.request_certificate import Unfit
from voltward.wire.small_http import TEXT, RequestHead
from voltward.wire.tls import TlsFacts

LARGEST_BODY: Final = LARGEST_REQUEST
AWAY: Final = 30  # seconds until whoever came while the store was away may ask again
_PATH: Final = re.compile(r"/\.well-known/est/(?:([a-z0-9][a-z0-9._-]{0,62})/)?([a-z]{1,20})")
_METHODS: Final = {"cacerts": "GET", "csrattrs": "GET", "simpleenroll": "POST", "simplereenroll": "POST"}
_REQUEST: Final = "application/pkcs10"
_CERTIFICATES: Final = "application/pkcs7-mime; smime-type=certs-only"
_ATTRIBUTES: Final = "application/csrattrs"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is on the other end, as far as the connection tells."""

    source: Source
    address: str
    tls: TlsFacts


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, not to be sent before `delay` seconds have passed since the request; `told`: for the log."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0.0
    told: Mapping[str, FactValue] = field(default_factory=dict[str, FactValue])


class EnrolmentPages:
    """`authorities`: DER, as they are now. `is_ours`: whether Voltward sees to a group's certificates."""

    def __init__(
        self,
        applicants: Applicants,
        desk: EnrolmentDesk,
        authorities: Callable[[], Sequence[bytes]],
        is_ours: Callable[[str], bool],
    ) -> None:
        self._applicants = applicants
        self._desk = desk
        self._authorities = authorities
        self._is_ours = is_ours

    async def answer(self, head: RequestHead, body: bytes, caller: Caller) -> Reply:
        """The answer to a request; `body` is no longer than `LARGEST_BODY`."""
        found = _PATH.fullmatch(head.path)
        if found is None or found[2] not in _METHODS:
            return _words(404, "there are cacerts, csrattrs, simpleenroll and simplereenroll")
        if head.method != _METHODS[found[2]]:
            return _words(405, f"only {_METHODS[found[2]]} is answered here", {"Allow": _METHODS[found[2]]})
        if found[2] == "cacerts":
            return _base64(certificates_only(self._authorities()), _CERTIFICATES)
        if found[2] == "csrattrs":
            return _base64(REQUEST_ATTRIBUTES, _ATTRIBUTES)
        proof = head.headers.get("authorization")
        knock = Knock(caller.source, caller.address, caller.tls, head.path, found[1], proof)
        kind = head.headers.get("content-type", "").partition(";")[0].strip().lower()
        return await self._enrolled(knock, found[2], kind, body)

    async def _enrolled(self, knock: Knock, operation: str, kind: str, body: bytes) -> Reply:
        """Who it is comes first: nobody else hears anything about a request."""
        entry = await self._who_asks(knock, operation)
        if isinstance(entry, Stranger):
            return self._refused(knock, entry)
        told = {"subject": str(entry.station.id)}
        if not self._is_ours(entry.station.group):
            return _words(403, "the certificates of this station are its CSMS's matter", told=told)
        if kind != _REQUEST:
            return _words(415, f"a request is {_REQUEST}", told=told)
        try:
            outcome = await self._desk.enrol(entry.station.id, body)
            if isinstance(outcome, Ready):
                return await self._handed_out(outcome, knock, operation)
        except OutsideFault as fault:
            again = {"Retry-After": str(AWAY)}
            return _words(503, "not now: ask again", again, told={**told, "reason": fault.what})
        if isinstance(outcome, Unfit):
            return _words(400, outcome.words, told={**told, "reason": outcome.words})
        return _words(202, "not yet: ask again", {"Retry-After": str(outcome.seconds)}, told=told)

    async def _handed_out(self, ready: Ready, knock: Knock, operation: str) -> Reply:
        """It was waited for, for seconds: what whoever asks is believed by may be denied since."""
        entry = await self._who_asks(knock, operation)
        if isinstance(entry, Stranger):
            return self._refused(knock, entry)
        der = await self._desk.hand_out(ready)
        return _base64(certificates_only([der]), _CERTIFICATES, {"subject": str(entry.station.id)})

    async def _who_asks(self, knock: Knock, operation: str) -> StationEntry | Stranger:
        who = self._applicants
        by_password = operation == "simpleenroll"
        return await who.by_password(knock) if by_password else who.by_certificate(knock)

    def _refused(self, knock: Knock, stranger: Stranger) -> Reply:
        told = {"subject": stranger.named, "control": stranger.control, "reason": stranger.reason}
        challenge = {"WWW-Authenticate": 'Basic realm="voltward", charset="UTF-8"'}
        return _words(401, "refused", challenge, self._applicants.refused(knock, stranger), told)


def _base64(body: bytes, kind: str, told: Mapping[str, FactValue] | None = None) -> Reply:
    headers = {"Content-Type": kind, "Content-Transfer-Encoding": "base64", "Cache-Control": "no-store"}
    return Reply(200, body, headers, told=told or {})


def _words(
    status: int,
    text: str,
    headers: Mapping[str, str] | None = None,
    delay: float = 0.0,
    told: Mapping[str, FactValue] | None = None,
) -> Reply:
    usual = {"Content-Type": TEXT, "Cache-Control": "no-store"}
    return Reply(status, f"{text}\n".encode(), {**usual, **(headers or {})}, delay, told or {})

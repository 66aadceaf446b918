"""What is answered to whom: paths, kinds, and how long an answer may be kept (RFC 5019, 6).

`/crl/NAME.crl` is the revocation list of an authority, `/certs/NAME.cer` its certificate. `/ocsp` takes
questions by POST, or by GET with the question in base64 behind it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote

from voltward.crypto.revocation.status_requests import (
    LARGEST,
    StatusRefusal,
    read_status_request,
    refusal_answer,
)
from voltward.ports.clock import Clock
from voltward.usecases.revocation.keep_lists import ListKeeper
from voltward.usecases.revocation.status_book import StatusBook
from voltward.wire.small_http import TEXT, RequestHead

REQUEST_KIND: Final = "application/ocsp-request"
ANSWER_KIND: Final = "application/ocsp-response"
_FILE: Final = re.compile(r"/(crl|certs)/([a-z0-9.-]{1,64})\.(crl|cer)")
_KINDS: Final = {"crl": "application/pkix-crl", "cer": "application/pkix-cert"}
_OCSP: Final = "/ocsp"
_LONGEST_KEEPING: Final = 3600  # seconds: what was revoked should be known within the hour
_DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to be sent."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


class Pages:
    """One per publisher."""

    def __init__(
        self, lists: ListKeeper, book: StatusBook, clock: Clock, *, with_nonce: bool = False
    ) -> None:
        self._lists = lists
        self._book = book
        self._clock = clock
        self._with_nonce = with_nonce

    async def answer(self, head: RequestHead, body: bytes) -> Page:
        """The page for a request; `body` is no longer than `LARGEST`."""
        if head.path == _OCSP or head.path.startswith(f"{_OCSP}/"):
            return await self._status(head, body)
        if head.method not in {"GET", "HEAD"}:
            return _words(405, "only GET is answered here")
        found = _FILE.fullmatch(head.path)
        page = self._file(found[1], found[2], found[3]) if found is not None else None
        if page is None:
            return _words(404, "there is /crl/NAME.crl, /certs/NAME.cer and /ocsp")
        if head.headers.get("if-none-match") == page.headers.get("ETag"):
            return Page(304, headers=page.headers)
        return page

    def _file(self, folder: str, name: str, ending: str) -> Page | None:
        known = self._lists.published.get(name)
        if known is None or (folder, ending) not in {("crl", "crl"), ("certs", "cer")}:
            return None
        if folder == "certs":
            return _kept(known.authority.chain[0], known.authority.id, _KINDS["cer"], _DAY)
        if known.list is None:
            return None
        left = int((known.list.next_update - self._clock.now()).total_seconds())
        tag = f"{known.authority.id[:16]}-{known.list.number}"  # no two lists of an authority have one number
        page = _kept(known.list.der, tag, _KINDS["crl"], min(max(0, left), _LONGEST_KEEPING))
        page.headers["Last-Modified"] = _date(known.list.made_at)
        return page

    async def _status(self, head: RequestHead, body: bytes) -> Page:
        if head.method == "POST" and head.path == _OCSP:
            der: bytes | None = body if head.headers.get("content-type", "").lower() == REQUEST_KIND else None
        elif head.method in {"GET", "HEAD"}:
            der = _in_path(head.path.removeprefix(_OCSP).removeprefix("/"))
        else:
            return _words(405, "GET or POST")
        query = read_status_request(der, with_nonce=self._with_nonce) if der is not None else None
        if query is None:
            return _refused(StatusRefusal.MALFORMED)
        told = await self._book.answer(query)
        if isinstance(told, StatusRefusal):
            return _refused(told)
        if query.nonce:
            return Page(200, told.answer.der, {"Content-Type": ANSWER_KIND, "Cache-Control": "no-store"})
        left = int((told.renew_at - self._clock.now()).total_seconds())
        tag = hashlib.sha256(told.answer.der).hexdigest()[:32]
        page = _kept(told.answer.der, tag, ANSWER_KIND, min(max(0, left), _LONGEST_KEEPING))
        page.headers["Last-Modified"] = _date(told.signed_at)
        page.headers["Expires"] = _date(told.answer.next_update)
        return page


def _in_path(text: str) -> bytes | None:
    """Base64, percent-encoded; a slash of base64 may stand as it is (RFC 6960, A.1)."""
    if len(text) > 3 * LARGEST:
        return None
    try:
        return base64.b64decode(unquote(text, errors="strict"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _refused(refusal: StatusRefusal) -> Page:
    headers = {"Content-Type": ANSWER_KIND, "Cache-Control": "no-store"}
    return Page(200, refusal_answer(refusal), headers)


def _kept(body: bytes, tag: str, kind: str, seconds: int) -> Page:
    """`tag`: what tells this body from others under its name. Of a list of megabytes no digest is made."""
    control = f"public, no-transform, must-revalidate, max-age={seconds}"
    return Page(200, body, {"Content-Type": kind, "ETag": f'"{tag}"', "Cache-Control": control})


def _words(status: int, text: str) -> Page:
    headers = {"Content-Type": TEXT, "Cache-Control": "no-store"}
    return Page(status, f"{text}\n".encode(), headers)


def _date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)

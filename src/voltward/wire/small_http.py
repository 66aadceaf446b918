"""HTTP for small servers: one request, one answer, then the end. Heads are read and written; nobody waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

TEXT: Final = "text/plain; charset=utf-8"
_LONGEST_NUMBER: Final = 9  # digits of a Content-Length


@dataclass(frozen=True, slots=True)
class RequestHead:
    """`path` as it stands in the request line, without its query; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def length(self) -> int | None:
        """Octets of the body; None where that cannot be told, or is chunked."""
        text = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not text.isascii() or not text.isdigit():
            return None
        return int(text) if len(text) <= _LONGEST_NUMBER else None


def read_request_head(head: bytes) -> RequestHead | None:
    """A request's head with its empty line; None for what is none, or says one thing twice."""
    try:
        line, *lines = head.removesuffix(b"\r\n\r\n").decode("ascii").split("\r\n")
        method, target, version = line.split(" ")
    except (UnicodeDecodeError, ValueError):
        return None
    headers: dict[str, str] = {}
    for each in lines:
        name, colon, value = each.partition(":")
        if not colon or name != name.strip() or name.lower() in headers:
            return None
        headers[name.lower()] = value.strip()
    if not version.startswith("HTTP/1.") or not target.startswith("/"):
        return None
    return RequestHead(method, target.partition("?")[0], headers)


def response_head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    """The head of an answer after which the connection ends."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "Connection: close", "", "")).encode("ascii")


def response(status: int, body: bytes, kind: str = TEXT) -> bytes:
    """A whole answer that nobody is to keep."""
    return response_head(status, len(body), {"Content-Type": kind, "Cache-Control": "no-store"}) + body

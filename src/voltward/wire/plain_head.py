"""The heads of upgrades in their plainest form, read in a quarter of the library's time (7 us instead of 28).

Only what is plain is taken: ASCII, each name once, one token where tokens may stand in a list. To all else,
unusual or wrong, the answer is None, and websockets reads and judges it (ruling 21). What is taken here,
websockets takes too, and understands it the same: the tests ask both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from websockets.utils import accept_key

Headers = Mapping[str, bytes]  # names in lower case

_TOKEN = rb"[0-9A-Za-z!#$%&'*+\-.^_`|~]+"
_REQUEST_LINE = re.compile(rb"GET ([\x21-\x7e]+) HTTP/1\.1")
_STATUS_LINE = re.compile(rb"HTTP/1\.1 101 [\x20-\x7e]*")
_HEADER_LINE = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([\x20-\x7e]*?)[ \t]*")
_KEY = re.compile(rb"[0-9A-Za-z+/]{22}==")
_TOKENS = re.compile(_TOKEN + rb"(?:, ?" + _TOKEN + rb")*")
_ABOUT_A_BODY = ("content-length", "transfer-encoding")


def plain_request(head: bytes) -> tuple[str, Headers] | None:
    """The target of a request to upgrade, and its headers; `head` ends with the empty line."""
    line, *lines = head[:-4].split(b"\r\n")
    asked = _REQUEST_LINE.fullmatch(line)
    headers = _headers(lines)
    if asked is None or headers is None or "host" not in headers or not _is_upgrade(headers):
        return None
    if headers.get("sec-websocket-version") != b"13" or not _KEY.fullmatch(
        headers.get("sec-websocket-key", b"")
    ):
        return None
    if not _TOKENS.fullmatch(headers.get("sec-websocket-protocol", b"none")):
        return None
    return asked[1].decode("ascii"), headers


def plain_acceptance(head: bytes, key: str) -> Headers | None:
    """The headers of an answer 101 to a request with this key that agrees on no extension."""
    line, *lines = head[:-4].split(b"\r\n")
    headers = _headers(lines)
    if headers is None or not _STATUS_LINE.fullmatch(line) or not _is_upgrade(headers):
        return None
    if "sec-websocket-extensions" in headers:
        return None
    return headers if headers.get("sec-websocket-accept") == accept_key(key).encode("ascii") else None


def subprotocols_of(headers: Headers) -> tuple[str, ...]:
    """The subprotocols that a plain head names, in their order, each once."""
    named = headers.get("sec-websocket-protocol")
    return _each_once(named) if named is not None else ()


@lru_cache(maxsize=256)  # a fleet has a few such lists: each is kept once
def _each_once(named: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in named.decode("ascii").split(",")))


def _is_upgrade(headers: Headers) -> bool:
    return (
        headers.get("upgrade", b"").lower() == b"websocket"
        and headers.get("connection", b"").lower() == b"upgrade"
        and not any(name in headers for name in _ABOUT_A_BODY)
    )


def _headers(lines: list[bytes]) -> dict[str, bytes] | None:
    headers: dict[str, bytes] = {}
    for line in lines:
        found = _HEADER_LINE.fullmatch(line)
        if found is None:
            return None
        headers[found[1].decode("ascii").lower()] = found[2]
    return headers if len(headers) == len(lines) else None

"""What a proxy that ended TLS tells of it in headers, as facts about a station's connection.

Only what was told is known: a version that no header names is *not observed*, and nothing about compression,
resumption or groups ever is. The chain is measured by our own anchors, whatever the proxy thought of it.
That the station holds the certificate's key was proven to the proxy, not to us, and is said so everywhere.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

from voltward.wire.forwarded_certificate import (
    CertificateHeaders,
    Certificates,
    ForwardedFault,
    read_forwarded,
)
from voltward.wire.offered_chain import NOTHING_OFFERED, ChainVerifier, OfferedChain
from voltward.wire.tls_context import ChainError
from voltward.wire.upgrade import HeadLimits, UpgradeRequest

_WORD = re.compile(rb"[0-9A-Za-z._\-]{1,255}")
_SCHEME = "x-forwarded-proto"
_WITHOUT_TLS = frozenset({b"http", b"ws"})


class VerifierHolder:
    """The verifier that new connections meet; other trust puts another in its place."""

    __slots__ = ("verifier",)

    def __init__(self, verifier: ChainVerifier) -> None:
        self.verifier = verifier


@dataclass(frozen=True, slots=True)
class ForwardedRules:
    """Which headers tell what: names in lower case, empty where none does. `head`: bounds of a request.

    `vouched`: controls for whose facts the operator answers, since the proxy does not tell them.
    """

    head: HeadLimits
    holder: VerifierHolder
    certificate: CertificateHeaders | None = None
    source: str = ""
    version: str = ""
    suite: str = ""
    server_name: str = ""
    vouched: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """All headers that are believed, and therefore may stand in a request once only."""
        own = (self.certificate.leaf, self.certificate.chain) if self.certificate is not None else ()
        return tuple(
            name for name in (*own, self.source, self.version, self.suite, self.server_name, _SCHEME) if name
        )


@dataclass(frozen=True, slots=True)
class ForwardedTls:
    """As `TlsFacts`, told by a proxy: what it does not tell is None."""

    version: str | None
    suite: str | None
    server_name: str | None
    chain: OfferedChain = NOTHING_OFFERED
    group: None = None
    compressed: None = None
    resumed: None = None

    @property
    def peer_chain(self) -> Certificates:
        """As the station showed it to the proxy."""
        return self.chain.peer_chain

    @property
    def verified_chain(self) -> Certificates:
        """As we could verify it."""
        return self.chain.verified_chain

    @property
    def chain_errors(self) -> tuple[ChainError, ...]:
        """What we found wrong with it."""
        return self.chain.chain_errors


@dataclass(frozen=True, slots=True)
class Forwarded:
    """`source` is the station's address; None where no header tells it."""

    tls: ForwardedTls
    source: str | None


def read_request(request: UpgradeRequest, rules: ForwardedRules) -> Forwarded | ForwardedFault:
    """What the proxy tells with this request; a fault if any of it could mean two things."""
    headers: dict[str, bytes] = {}
    for name, value in request.headers:
        if name in headers:
            return ForwardedFault("duplicate-forwarded-header")
        if name in rules.names:
            headers[name] = value
    if headers.get(_SCHEME, b"").rpartition(b",")[2].strip().lower() in _WITHOUT_TLS:
        return ForwardedFault("forwarded-without-tls")
    source = _source(headers, rules.source)
    words = [_word(headers, name) for name in (rules.version, rules.suite, rules.server_name)]
    offered = read_forwarded(headers, rules.certificate) if rules.certificate is not None else ()
    for told in (source, *words, offered):
        if isinstance(told, ForwardedFault):
            return told
    version, suite, server_name = (word if isinstance(word, str) else None for word in words)
    assert isinstance(offered, tuple)
    chain = rules.holder.verifier.verify(offered)
    tls = ForwardedTls(version, suite, server_name, chain)
    return Forwarded(tls, source if isinstance(source, str) else None)


def _source(headers: Mapping[str, bytes], name: str) -> str | ForwardedFault | None:
    """The last address in the header: our proxy's own word. What stands before it anybody may have said."""
    if not name:
        return None
    last = headers.get(name, b"").rpartition(b",")[2].strip()
    try:
        return str(ipaddress.ip_address(last.decode("ascii")))
    except ValueError:
        return ForwardedFault("bad-forwarded-source")


def _word(headers: Mapping[str, bytes], name: str) -> str | ForwardedFault | None:
    told = headers.get(name, b"").strip()
    if not told:
        return None
    return told.decode("ascii") if _WORD.fullmatch(told) else ForwardedFault("bad-forwarded-fact")

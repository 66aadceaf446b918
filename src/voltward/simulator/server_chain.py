"""What a server showed on a TLS link: the root that it led to, and whether a wrong clock would take it.

The standard library has had these calls for long, and gives them a public name from Python 3.13 on.
"""

from __future__ import annotations

import ssl  # noqa: TID251 -- the peer of the gateway's engine, not a second engine
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.simulator.dial import TlsOptions
from voltward.simulator.memory.paths import is_named, path_to_a_root


def root_of(link: ssl.SSLObject) -> bytes | None:
    """The last certificate of the path that was verified (DER); None where nothing was."""
    if link.context.verify_mode is ssl.CERT_NONE:
        return None
    chain = _chain(link, "get_verified_chain")
    return chain[-1] if chain else None


def root_at(link: ssl.SSLObject, options: TlsOptions, at: datetime) -> bytes | str:
    """The same by another clock than the machine's (DER), or why the server is not trusted."""
    offered = [x509.load_der_x509_certificate(der) for der in _chain(link, "get_unverified_chain")]
    if not offered:
        return "it showed no certificate"
    leaf, *others = offered
    if options.check_name and not is_named(leaf, options.server_name):
        return "its certificate is for another name"
    roots = x509.load_pem_x509_certificates((options.ca_pem or "").encode()) if options.ca_pem else []
    path = path_to_a_root(leaf, others, roots, at)
    if path is not None:
        return path[-1].public_bytes(Encoding.DER)
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if begins <= at <= ends:
        return "it leads to no root that is trusted"
    return f"its certificate is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, and here it is {at:%Y-%m-%d}"


def _chain(link: ssl.SSLObject, name: str) -> Sequence[bytes]:
    public: Any = getattr(link, name, None)
    if public is not None:
        return public()
    inner: Any = link._sslobj  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in getattr(inner, name)() or ()]

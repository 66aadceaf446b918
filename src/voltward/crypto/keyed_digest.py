"""HMAC-SHA-256 over a list of parts, so that no two lists share an input."""

from __future__ import annotations

import hmac

from voltward.domain.secret import Secret


def keyed_digest(key: Secret, *parts: bytes) -> bytes:
    """32 octets; the first part names what the digest is for, so that one use never passes as another."""
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(key.reveal(), framed, "sha256")

"""The one-time token in a person's enrolment link, and what is kept of it."""

from __future__ import annotations

from voltward.crypto.chance import TokenSource
from voltward.crypto.keyed_digest import keyed_digest
from voltward.domain.secret import Secret


def make_enrolment_token(entropy: TokenSource) -> Secret:
    """256 bits as 64 lower-case hexadecimal digits: fit for a URL as it stands."""
    return Secret(entropy.token(32).hex().encode("ascii"))


def enrolment_digest(token: Secret) -> bytes:
    """What is kept of it. The token is its own key: beside 256 random bits, another would add nothing."""
    return keyed_digest(token, b"voltward enrolment")

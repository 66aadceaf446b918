"""The Basic header, read as octets (RFC 7617; J16-6, A00.FR.204, A00.FR.205; field notes 1 to 3, 7, 8).

Tolerant where stations differ without harm (letter case of the scheme, blanks, missing padding), strict in
everything that could make one header mean two things (alphabet, length, one header only).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field

from voltward.domain.secret import Secret

LONGEST_HEADER = 512  # octets; 48 of identity and 64 of password need 154
LONGEST_PASSWORD = 128


@dataclass(frozen=True, slots=True)
class BasicLogin:
    """What the header came to. `scheme`: `none`, `basic`, `other scheme`, `malformed`; `problem` says why."""

    scheme: str
    problem: str = ""
    user_matches: bool = False
    password: Secret | None = None
    both: Secret | None = field(default=None, compare=False)  # as they came, for another reading

    def read_as(self, user: str) -> BasicLogin:
        """The same header for a station that calls itself otherwise (field note 8); itself if it does not."""
        return self if self.both is None else _split(self.both.reveal(), user, self)


NO_LOGIN = BasicLogin("none")


def read_basic(header: bytes | None, identity: str) -> BasicLogin:
    """Read an Authorization header for a station whose identity is known from the path.

    The password starts behind the colon that follows the known identity, so that colons on either side
    do no harm; where another user stands, behind the first colon.
    """
    if header is None:
        return NO_LOGIN
    if len(header) > LONGEST_HEADER:
        return BasicLogin("malformed", "too-long")
    scheme, _, rest = header.strip(b" \t").partition(b" ")
    if scheme.lower() != b"basic":
        return BasicLogin("other scheme", "not-basic")
    try:
        decoded = _decode(rest.strip(b" \t"))
    except (binascii.Error, ValueError):
        return BasicLogin("malformed", "bad-base64")
    return _split(decoded, identity, None)


def _split(decoded: bytes, name: str, otherwise: BasicLogin | None) -> BasicLogin:
    """User and password apart; where another user stands, `otherwise`, or a split at the first colon."""
    user = name.encode("utf-8") + b":"
    matches = hmac.compare_digest(decoded[: len(user)], user)
    if not matches and otherwise is not None:
        return otherwise
    if not matches and b":" not in decoded:
        return BasicLogin("malformed", "no-colon")
    password = decoded[len(user) :] if matches else decoded.partition(b":")[2]
    if len(password) > LONGEST_PASSWORD:
        return BasicLogin("malformed", "too-long")
    if not password:
        return BasicLogin("malformed", "empty-password", matches)
    return BasicLogin("basic", "", matches, Secret(password), None if matches else Secret(decoded))


def basic_header(identity: str, password: Secret) -> bytes:
    """The value that a station sends (and that we send to a CSMS that wants a stored one)."""
    return b"Basic " + base64.b64encode(identity.encode("utf-8") + b":" + password.reveal())


def _decode(text: bytes) -> bytes:
    """Base64 with the standard alphabet; padding may be missing or short, nothing else may differ."""
    bare = text.rstrip(b"=")
    if len(text) - len(bare) > 2:
        raise ValueError("too much padding")
    return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)

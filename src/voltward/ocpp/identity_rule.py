"""Which identities a dialect lets a station have (rulings 32, 34; P4-3.1.1)."""

from __future__ import annotations

import string
from dataclasses import dataclass

#: Dot segments would make the identity walk through the CSMS's path once it is appended there (ruling 22).
_DOT_SEGMENTS = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """Length and characters of an identity, after percent-decoding. The charset never holds `:` or `/`."""

    charset: frozenset[str]
    max_length: int = 48

    def problem(self, identity: str) -> str | None:
        """A stable word for what is wrong with it (`empty`, `too-long`, `bad-character`), or None."""
        if not identity:
            return "empty"
        if len(identity) > self.max_length:
            return "too-long"
        if not self.charset.issuperset(identity) or identity in _DOT_SEGMENTS:
            return "bad-character"
        return None if identity == identity.strip() else "bad-character"


#: identifierString without the colon, which would split the Basic header (P4-3.1.1).
IDENTIFIER = frozenset(string.ascii_letters + string.digits + "*-_=+|@.")

#: The oldest edition names no charset. These are what fleets are seen to use beside the later one's, and what
#: means nothing in a path, a header, a shell or a log line.
LIBERAL = IDENTIFIER | frozenset(" #(),~")

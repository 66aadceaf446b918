"""Where the identity stands in the path of the connection URL (J16-3.1.1; P4-3.1.1).

One canonical form: percent-decoded exactly once, UTF-8, no normalisation beyond that. Two paths that differ
after that never mean the same station, so that "/" or a second encoding cannot alias one to another
(field notes 10 to 12). Length and characters are the dialect's rule and are judged later.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret

PLACE = "{station}"
TOKEN_PLACE = "{token}"
DEFAULT_ROUTE = "default"  # the one of `gateway.path` and `[csms]`
LONGEST_PATH = 512  # octets; longer is no path of a station
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NOT_IN_A_PATH = re.compile(r"[?#{}\s]")


@dataclass(frozen=True, slots=True)
class Identified:
    """What a path came to: an identity, or why there is none (a stable word)."""

    identity: str | None
    problem: str = ""


NO_MATCH = Identified(None, "no-match")


@dataclass(frozen=True, slots=True)
class PathRule:
    """`/ocpp/{token}/{station}`: the segments before the identity and those after it.

    All of them are fixed but for the token's, which is compared with a secret.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]

    @classmethod
    def parse(cls, template: str) -> PathRule:
        """Read the setting. OperatorFault unless the identity's place stands once, as a whole segment."""
        segments = template.split("/")
        fixed = [segment for segment in segments if segment not in (PLACE, TOKEN_PLACE)]
        is_path = template.startswith("/") and not any(_NOT_IN_A_PATH.search(segment) for segment in fixed)
        if not is_path or segments.count(PLACE) != 1 or segments.count(TOKEN_PLACE) > 1:
            raise OperatorFault(
                f"the path {template!r} does not say where the identity stands.",
                mend="Write it with {station} as one whole segment, as in /ocpp/{station}; "
                "{token} may be another.",
            )
        at = segments.index(PLACE)
        return cls(tuple(segments[:at]), tuple(segments[at + 1 :]))

    @property
    def has_token(self) -> bool:
        """Whether a segment is compared with a secret."""
        return TOKEN_PLACE in self.before or TOKEN_PLACE in self.after

    @property
    def breadth(self) -> tuple[int, ...]:
        """How much each segment lets in: 0 one text, 1 the one who knows a secret, 2 everybody.

        Of two rules for one path the one that sorts first is the narrower, segment by segment from the left.
        """
        ranks = {TOKEN_PLACE: 1, PLACE: 2}
        return tuple(ranks.get(segment, 0) for segment in (*self.before, PLACE, *self.after))

    def identify(self, target: str, token: Secret | None = None) -> Identified:
        """Find the identity in a request target; the query, if any, takes no part.

        A wrong token is no match, like any other path that leads nowhere.
        """
        path = target.partition("?")[0]
        if len(path) > LONGEST_PATH:
            return Identified(None, "too-long")
        segments = path.split("/")
        at = len(self.before)
        if len(segments) != at + 1 + len(self.after):
            return NO_MATCH
        is_ours = True
        for wanted, found in zip(
            (*self.before, *self.after), segments[:at] + segments[at + 1 :], strict=True
        ):
            is_ours &= wanted == found if wanted != TOKEN_PLACE else _is_token(found, token)
        if not is_ours:
            return NO_MATCH
        return _decode(segments[at]) if segments[at] else Identified(None, "empty")

    def place(self, identity: str) -> str:
        """The path of a station, with the identity percent-encoded; a token stays its place's name."""
        return "/".join((*self.before, quote(identity, safe=""), *self.after))


def _is_token(found: str, token: Secret | None) -> bool:
    """In constant time: nothing about the token is learnt from how long a refusal takes."""
    return token is not None and hmac.compare_digest(found.encode("utf-8", "replace"), token.reveal())


def _decode(segment: str) -> Identified:
    if _STRAY_PERCENT.search(segment):
        return Identified(None, "bad-encoding")
    try:
        return Identified(unquote_to_bytes(segment).decode("utf-8"))
    except UnicodeDecodeError:
        return Identified(None, "bad-encoding")


def csms_url(template: str, identity: str) -> str:
    """The CSMS's URL for a station; without the place, `/` and the encoded identity follow (ruling 22)."""
    encoded = quote(identity, safe="")
    if PLACE in template:
        return template.replace(PLACE, encoded)
    return f"{template.rstrip('/')}/{encoded}"

"""Where the identity stands in the path of the connection URL (J16-3.1.1; P4-3.1.1).

One canonical form: percent-decoded exactly once, UTF-8, no normalisation beyond that. Two paths that differ
after that never mean the same station, so that "/" or a second encoding cannot alias one to another
(field notes 10 to 12). Length and characters are the dialect's rule and are judged later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from voltward.domain.errors import OperatorFault

PLACE = "{station}"
LONGEST_PATH = 512  # octets; longer is no path of a station
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Identified:
    """What a path came to: an identity, or why there is none (a stable word)."""

    identity: str | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PathRule:
    """`/ocpp/{station}`: a fixed prefix, the identity as one segment, a fixed suffix."""

    prefix: str
    suffix: str

    @classmethod
    def parse(cls, template: str) -> PathRule:
        """Read the setting. OperatorFault unless the place stands once, as a whole segment."""
        prefix, place, suffix = template.partition(PLACE)
        whole = prefix.endswith("/") and (not suffix or suffix.startswith("/"))
        if not place or PLACE in suffix or not whole:
            raise OperatorFault(
                f"the path {template!r} does not say where the identity stands.",
                mend="Write it with {station} as one whole segment, as in /ocpp/{station}.",
            )
        return cls(prefix, suffix)

    def identify(self, target: str) -> Identified:
        """Find the identity in a request target; the query, if any, takes no part."""
        path = target.partition("?")[0]
        if len(path) > LONGEST_PATH:
            return Identified(None, "too-long")
        if not (path.startswith(self.prefix) and path.endswith(self.suffix)):
            return Identified(None, "no-match")
        segment = (
            path[len(self.prefix) : len(path) - len(self.suffix)] if self.suffix else path[len(self.prefix) :]
        )
        if not segment:
            return Identified(None, "empty")
        if "/" in segment:
            return Identified(None, "no-match")
        return _decode(segment)

    def place(self, identity: str) -> str:
        """The path of a station, with the identity percent-encoded."""
        return f"{self.prefix}{quote(identity, safe='')}{self.suffix}"


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

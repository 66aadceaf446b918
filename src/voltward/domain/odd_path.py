"""Paths that are not written as the route asks, read for the one station that they can only mean.

Asked only where the plain reading found nobody. What was mended is named, and whether this station may
write so is judged afterwards (field notes 10, 11). Nothing is ever joined or cut out of an identity, and
neither "/" nor "%" stands in one: two stations cannot be taken for each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from voltward.domain.quirk import Quirk
from voltward.domain.route import LONGEST_PATH, TOKEN_PLACE, Identified, PathRule
from voltward.domain.secret import Secret

_SLASHES = re.compile("//+")
_ENCODED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class OddPath:
    """Whom an odd path means, what is odd about it, and the segments that stood above the identity."""

    identity: str
    oddities: tuple[Quirk, ...]
    above: str = ""


def read_odd_path(
    rule: PathRule, target: str, found: Identified, token: Secret | None = None
) -> OddPath | None:
    """Whom the target can only mean; None where it is written plainly, or means nobody."""
    if found.identity is not None:
        return _encoded_twice(found.identity, (), "") if "%" in found.identity else None
    path = target.partition("?")[0]
    if len(path) > LONGEST_PATH:
        return None
    path, oddities = _mend_slashes(rule, path)
    path, above = _without_segments_above(rule, path)
    if above:
        oddities = (*oddities, Quirk.NESTED_PATH)
    mended = rule.identify(path, token).identity
    if mended is None or not oddities:
        return None
    if "%" in mended:
        return _encoded_twice(mended, oddities, above)
    return OddPath(mended, oddities, above)


def _mend_slashes(rule: PathRule, path: str) -> tuple[str, tuple[Quirk, ...]]:
    oddities: list[Quirk] = []
    if path.endswith("/") and (not rule.after or rule.after[-1]) and path.strip("/"):
        path = path.rstrip("/")
        oddities.append(Quirk.TRAILING_SLASH)
    if "//" in path:
        path = _SLASHES.sub("/", path)
        oddities.append(Quirk.EXTRA_SLASH)
    stem = "/".join(rule.before)
    is_glued = path.startswith(stem) and len(path) > len(stem) and path[len(stem)] != "/"
    if stem and TOKEN_PLACE not in rule.before and is_glued:
        path = f"{stem}/{path[len(stem) :]}"
        oddities.append(Quirk.GLUED_IDENTITY)
    return path, tuple(oddities)


def _without_segments_above(rule: PathRule, path: str) -> tuple[str, str]:
    """The path without what stands between the route's own segments and the identity; and what that was."""
    segments = path.split("/")
    first, last = len(rule.before), len(segments) - len(rule.after) - 1
    if last <= first:
        return path, ""
    return "/".join((*segments[:first], *segments[last:])), "/".join(segments[first:last])


def _encoded_twice(identity: str, oddities: tuple[Quirk, ...], above: str) -> OddPath | None:
    if not _ENCODED.fullmatch(identity):
        return None
    try:
        decoded = unquote_to_bytes(identity).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return OddPath(decoded, (*oddities, Quirk.ENCODED_TWICE), above)

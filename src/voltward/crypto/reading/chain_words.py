"""What the TLS engine's findings about a client's chain mean to us, as stable words. A table, no more.

The numbers are OpenSSL's X509_V_ERR codes. Every word breaks the path. Not said: times, since the rulebook
compares them with our own clock; weak keys and hashes, since controls of their own look at them; and the
purpose of a leaf, since no extended key usage may be demanded ((2.x, A00.FR.514)).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

_TIMES = frozenset({9, 10})
_WEAKNESSES = frozenset({66, 67, 68})  # end entity's key, CA's key, hash of a signature
_JUDGED_ELSEWHERE = _TIMES | _WEAKNESSES
_PURPOSE = 26

_WORDS = {
    2: "unknown-authority",
    4: "bad-signature",
    6: "bad-signature",
    7: "bad-signature",
    13: "bad-time",
    14: "bad-time",
    18: "self-signed",
    19: "unknown-authority",
    20: "unknown-authority",
    21: "unknown-authority",
    22: "path-too-long",
    23: "revoked",
    24: "not-a-ca",
    25: "path-too-long",
    26: "wrong-purpose",  # of a CA: one that is kept to other uses issued this
    27: "unknown-authority",
    28: "unknown-authority",
    29: "issuer-mismatch",
    30: "issuer-mismatch",
    31: "issuer-mismatch",
    32: "not-a-ca",
    34: "unknown-critical-extension",
    37: "not-a-ca",
    38: "path-too-long",
    39: "wrong-key-usage",
    40: "proxy-certificate",
    41: "bad-extension",
    42: "bad-extension",
    47: "name-constraint",
    48: "name-constraint",
    49: "name-constraint",
    51: "name-constraint",
    52: "name-constraint",
    53: "name-constraint",
    55: "path-loop",
    72: "proxy-certificate",
    75: "bad-signature",
    76: "bad-signature",
    77: "bad-signature",
    78: "bad-signature",
    79: "not-a-ca",
    80: "bad-extension",
    81: "bad-extension",
    82: "bad-extension",
    94: "explicit-curve",
}

# Said wherever the engine stopped looking: it holds for the whole path.
_WHOLE_PATH = frozenset({"unknown-authority", "self-signed", "path-too-long"})


# The engine stops writing at some number. A chain that comes near it may be made to hide what comes after.
MOST_FINDINGS = 15


class ChainFinding(Protocol):
    """One finding of the TLS engine about one certificate."""

    @property
    def depth(self) -> int:
        """0 is the leaf."""
        ...

    @property
    def code(self) -> int:
        """OpenSSL's number."""
        ...


def findings_below(findings: Sequence[ChainFinding], depth: int) -> tuple[str, ...]:
    """The words of all findings at or below `depth`, each once, in their order; what is above proves nothing.

    Unknown codes are kept as `x509-NUMBER`: what we cannot name, we do not wave through.
    """
    words: dict[str, None] = {"too-many-findings": None} if len(findings) > MOST_FINDINGS else {}
    for finding in findings:
        if finding.code in _JUDGED_ELSEWHERE or (finding.code == _PURPOSE and finding.depth == 0):
            continue
        word = _WORDS.get(finding.code, f"x509-{finding.code}")
        if finding.depth <= depth or word in _WHOLE_PATH:
            words[word] = None
    return tuple(words)

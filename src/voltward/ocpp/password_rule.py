"""Which passwords a dialect lets a station have, and in which form they come in the Basic header (2.1).

Lengths only; how a password is compared is `crypto`'s. Everything is octets: a password is no text before
somebody has shown that it is one (field notes 1, 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from voltward.domain.credential import PasswordForm

_HEXADECIMAL = re.compile(rb"(?:[0-9a-fA-F]{2})+")


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """`minimum` and `maximum` count octets where `counts_octets`, else characters of UTF-8 text.

    `forms` are the forms in which the header may carry it, the standard's own first. `hexadecimal` says that
    messages carry the password as digits, which some stations repeat in the header as they stand.
    """

    forms: tuple[PasswordForm, ...]
    minimum: int
    maximum: int
    counts_octets: bool
    hexadecimal: bool

    def problem(self, presented: bytes) -> str | None:
        """A stable word for what is wrong with it (`too-short`, `too-long`, `not-text`), or None."""
        length = self._length(presented)
        if length is None:
            return "not-text"
        if length < self.minimum:
            return "too-short"
        return "too-long" if length > self.maximum else None

    def _length(self, presented: bytes) -> int | None:
        if not self.counts_octets:
            try:
                return len(presented.decode("utf-8"))
            except UnicodeDecodeError:
                return None
        if self.hexadecimal and len(presented) >= 2 * self.minimum and _HEXADECIMAL.fullmatch(presented):
            return len(presented) // 2
        return len(presented)

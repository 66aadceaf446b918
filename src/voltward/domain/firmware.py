"""Firmware versions as makers write them, compared as well as they can be.

There is no grammar: `1.2.10`, `v5.33-rc2`, `2024.07.1_EU`, `AC011K-AU-25:3.4.7`. Compared are the runs of
digits as numbers, in their order; what stands between them takes no part. So `1.10` is newer than `1.9`, and
`v5.33` equals `5.33`. A version without any digit is older than every other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 255
_MOST_NUMBERS = 8
_LONGEST_NUMBER = 18  # digits; a longer run is no version
_NUMBER = re.compile(r"[0-9]+")


def version_key(version: str) -> tuple[int, ...]:
    """What versions are ordered by: their numbers, without the noughts at the end (`1.2` equals `1.2.0`)."""
    numbers = [int(digits[:_LONGEST_NUMBER]) for digits in _NUMBER.findall(version[:LONGEST])[:_MOST_NUMBERS]]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class FirmwareRange:
    """From the first version that is meant up to, and without, the first that is not; empty is open."""

    since: str = ""
    before: str = ""

    def holds(self, version: str | None) -> bool:
        """Whether a version lies in the range; one that nobody knows lies only in the range without ends."""
        if not self.since and not self.before:
            return True
        if not version:
            return False
        key = version_key(version)
        if self.since and key < version_key(self.since):
            return False
        return not self.before or key < version_key(self.before)

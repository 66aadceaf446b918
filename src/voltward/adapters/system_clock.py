"""The machine's clock and its generator of chance: the only place that reads either."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


class SystemClock:
    """`ports.clock.Clock` on the system's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    monotonic = staticmethod(time.monotonic)  # itself: it is asked for every message


class SystemEntropy:
    """`ports.clock.Entropy` on the system's generator."""

    def token(self, octets: int) -> bytes:
        return secrets.token_bytes(octets)

    def identifier(self) -> str:
        return secrets.token_hex(16)

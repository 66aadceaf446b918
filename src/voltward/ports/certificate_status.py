"""Who finds out for stations whether a certificate was revoked: responders and lists, reached with care."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from voltward.domain.certificate_status import StatusAnswer, StatusQuestion
from voltward.domain.station import StationId


class StatusFinder(Protocol):
    """Never raises: who cannot be reached is `FAILED`."""

    async def find(self, station: StationId, questions: Sequence[StatusQuestion]) -> Sequence[StatusAnswer]:
        """One answer to each question, in their order."""
        ...

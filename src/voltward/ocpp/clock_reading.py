"""Where messages of a station carry its own time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

LONGEST_TIME: Final = 64  # characters; RFC 3339 with nanoseconds and an offset needs 35


@dataclass(frozen=True, slots=True)
class TimePlaces:
    """`told_by` answers carry our time to the station; `places` are members by action, of the call itself or
    of the newest entry of a list.
    """

    told_by: frozenset[str]
    places: Mapping[str, tuple[str, ...]]

    def read(self, action: str, payload: dict[str, Any]) -> datetime | None:
        """The station's time in a call, in UTC; None where there is none that can be read."""
        node: Any = payload
        for step in self.places.get(action, ("",)):
            if isinstance(node, list) and node:
                node = node[-1]  # the newest: entries are in their order
            node = node.get(step) if isinstance(node, dict) else None
        if not isinstance(node, str) or len(node) > LONGEST_TIME:
            return None
        try:
            moment = datetime.fromisoformat(node)
            return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None


TOLD_BY: Final = frozenset({"BootNotification", "Heartbeat"})
TIMES_V16: Final = TimePlaces(
    TOLD_BY,
    {
        "StatusNotification": ("timestamp",),
        "StartTransaction": ("timestamp",),
        "StopTransaction": ("timestamp",),
        "MeterValues": ("meterValue", "timestamp"),
    },
)
TIMES_V2: Final = TimePlaces(
    TOLD_BY,
    {
        "StatusNotification": ("timestamp",),
        "TransactionEvent": ("timestamp",),
        "MeterValues": ("meterValue", "timestamp"),
        "NotifyEvent": ("generatedAt",),
    },
)

"""An ask: an intent on its way to one station, kept until it is answered or has run out.

The worker writes asks, the gateway that has the station's link takes them (oldest first, one at a time, when
the line is idle: ruling 18), and the answer comes back as a fact, through the spool like all others. An ask
that was sent and never answered is sent again when the station is back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voltward.domain.intents import Intent
from voltward.domain.station import StationId


@dataclass(frozen=True, slots=True)
class Ask:
    """`id` is the effect's that it came from: asked twice, it is one. `lifecycle` waits for the answer."""

    id: str
    lifecycle: str
    station: StationId
    intent: Intent
    created_at: datetime
    expires_at: datetime  # after which it is answered EXPIRED by whoever looks

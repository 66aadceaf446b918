"""The versions that a simulated station speaks, and what it says in a day."""

from __future__ import annotations

from typing import Final

from voltward.simulator.messages.messages import MessageTable, Saying
from voltward.simulator.messages.messages_v2 import V21, V201
from voltward.simulator.messages.messages_v16 import V16

TABLES: Final[dict[str, MessageTable]] = {table.dialect: table for table in (V16, V201, V21)}

#: A station's working day, from the first status to the last.
DAY: Final = (
    Saying.STATUS_AVAILABLE,
    Saying.SECURITY_EVENT,
    Saying.HEARTBEAT,
    Saying.AUTHORIZE,
    Saying.STATUS_OCCUPIED,
    Saying.START,
    Saying.METER,
    Saying.METER,
    Saying.STOP,
    Saying.STATUS_AVAILABLE,
    Saying.VENDOR,
    Saying.STREAM,
)

"""The calls of a station that nobody has answered yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltward.simulator.certificate_desk import Request
from voltward.simulator.messages.messages import Saying

#: How long a station waits for an answer.
CALL_TIMEOUT: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class OpenCall:
    """What was said, and the certificate request that went with it."""

    saying: Saying
    sent_at: datetime
    request: Request | None = None


class OpenCalls:
    """By message id; true while there are any."""

    def __init__(self) -> None:
        self._calls: dict[str, OpenCall] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    def put(self, message_id: str, call: OpenCall) -> None:
        """One more; under an id that is open already, it takes the older one's place."""
        self._calls[message_id] = call

    def take(self, message_id: str) -> OpenCall | None:
        """The call that an answer belongs to; None when there is none, or no more."""
        return self._calls.pop(message_id, None)

    def take_late(self, now: datetime) -> list[OpenCall]:
        """Those that have waited too long."""
        late = [key for key, call in self._calls.items() if call.sent_at + CALL_TIMEOUT <= now]
        return [self._calls.pop(key) for key in late]

    def take_all(self) -> list[OpenCall]:
        """All: nobody will answer any more."""
        calls = list(self._calls.values())
        self._calls.clear()
        return calls

    def next_deadline(self) -> datetime | None:
        """When the next one will have waited too long."""
        return min((call.sent_at + CALL_TIMEOUT for call in self._calls.values()), default=None)

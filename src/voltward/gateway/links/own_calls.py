"""Calls of ours to a station that has no relay yet: one on the line at a time, each with its deadline."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voltward.gateway.relay.rules import Silence, Waiter
from voltward.ocpp import frames
from voltward.ocpp.frames import CallError, CallResult
from voltward.ocpp.intent_answers import SaidCall

WAITING: Final = 16  # calls that may wait for their turn


@dataclass(slots=True)
class _Open:
    message_id: str
    waiter: Waiter
    deadline: float  # monotonic


class OwnCalls:
    """Of one link. `seconds` is how long an answer may take."""

    __slots__ = ("_line", "_seconds", "_send", "_waiting")

    def __init__(self, send: Callable[[bytes], None], seconds: float) -> None:
        self._send = send
        self._seconds = seconds
        self._line: _Open | None = None
        self._waiting: deque[tuple[str, SaidCall, Waiter]] = deque()

    def ask(self, message_id: str, call: SaidCall, waiter: Waiter, now: float) -> None:
        """Send it when it is its turn; the waiter is told the answer, or why there is none."""
        if len(self._waiting) >= WAITING:
            waiter(Silence.NEVER_SENT)
            return
        self._waiting.append((message_id, call, waiter))
        self._next(now)

    def answered(self, frame: CallResult | CallError, now: float) -> bool:
        """An answer of the station; False if nobody asked for it."""
        line = self._line
        if line is None or line.message_id != frame.message_id:
            return False
        self._line = None
        line.waiter(frame)
        self._next(now)
        return True

    def tick(self, now: float) -> None:
        """Called about once a second."""
        line = self._line
        if line is not None and line.deadline <= now:
            self._line = None
            line.waiter(Silence.TIMED_OUT)
            self._next(now)

    def close(self) -> None:
        """The link ends, or is another's from now on."""
        line, self._line = self._line, None
        waiting, self._waiting = self._waiting, deque()
        if line is not None:
            line.waiter(Silence.LINK_LOST)
        for _, _, waiter in waiting:
            waiter(Silence.NEVER_SENT)

    def _next(self, now: float) -> None:
        if self._line is None and self._waiting:
            message_id, call, waiter = self._waiting.popleft()
            self._line = _Open(message_id, waiter, now + self._seconds)
            self._send(frames.call(message_id, call.action, call.payload))

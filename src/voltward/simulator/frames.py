"""OCPP-J frames as the simulator writes and reads them (all editions, OCPP-J section 4).

On purpose not `voltward.ocpp.frames`: a peer that shared the gateway's codec would share its mistakes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Payload = dict[str, Any]

CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND = 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: `action` is empty for answers, `error` is empty for everything but errors."""

    kind: int
    message_id: str
    action: str = ""
    payload: Payload | None = None
    error: str = ""


def write_call(message_id: str, action: str, payload: Payload) -> bytes:
    """A question; the other side owes an answer with the same id."""
    return _write([CALL, message_id, action, payload])


def write_result(message_id: str, payload: Payload) -> bytes:
    """The answer to a call."""
    return _write([CALL_RESULT, message_id, payload])


def write_error(message_id: str, code: str, description: str = "") -> bytes:
    """The answer to a call that could not be done; `code` is spelled as the version spells it."""
    return _write([CALL_ERROR, message_id, code, description, {}])


def write_send(message_id: str, action: str, payload: Payload) -> bytes:
    """A message that nobody answers (2.1)."""
    return _write([SEND, message_id, action, payload])


def read_frame(raw: bytes) -> Frame | None:
    """The message in `raw`, or None when it is no OCPP-J message."""
    try:
        parts = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    match parts:
        case [int(kind), str(message_id), str(action), dict(payload)] if kind in (CALL, SEND):
            return Frame(kind, message_id, action=action, payload=payload)
        case [int(kind), str(message_id), dict(payload)] if kind == CALL_RESULT:
            return Frame(kind, message_id, payload=payload)
        case [int(kind), str(message_id), str(error), *_] if kind in (CALL_ERROR, CALL_RESULT_ERROR):
            return Frame(kind, message_id, error=error)
        case _:
            return None


def read_time(value: Any) -> datetime | None:
    """A time as messages tell it (RFC 3339), aware; None when it is none."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None


def _write(parts: list[Any]) -> bytes:
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()

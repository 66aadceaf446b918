"""The published schemas at the relay (field notes 33, 59): what does not fit is told, or goes no further.

One gate for all links of a dialect and group. What the command policy answers or blocks never comes here: it
goes nowhere. Nothing is left hanging: whoever called and gets no fitting answer gets an error instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voltward.domain.command_rule import Direction
from voltward.gateway.relay.owner import RelayOwner
from voltward.ocpp import frames
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import Call, CallResult, Send
from voltward.ocpp.validation import Flaw, Validation


class SchemaGate:
    """Looks at payloads. With `refuses` a flawed one is answered here, else it is told and passes."""

    __slots__ = ("_dialect", "_refuses", "_validation")

    def __init__(self, dialect: Dialect, lengths: Mapping[str, int], *, refuses: bool) -> None:
        self._dialect = dialect
        self._validation = Validation(dialect.schemas, lengths)
        self._refuses = refuses

    def lets(self, direction: Direction, call: Call | Send, link: RelayOwner) -> bool:
        """Whether a call or SEND goes on. The sender of a refused call is told so in its dialect's words."""
        flaw = self._validation.flaw_of_call(call.action, call.payload)
        if flaw is None:
            return True
        self._tell(direction, call.action, "call", flaw, link)
        if self._refuses and isinstance(call, Call):
            reply = link.to_station if direction is Direction.TO_CSMS else link.to_csms
            reply(frames.call_error(call.message_id, self._dialect.error_name(flaw.code), _words(flaw)))
        return not self._refuses

    def instead_of(
        self, direction: Direction, action: str, answer: CallResult, link: RelayOwner
    ) -> bytes | None:
        """What the caller gets in place of this answer; None: the answer itself.

        To the caller it is as if the other side had failed, which every edition calls an internal error. The
        other side hears of it where its dialect has a message for that.
        """
        flaw = self._validation.flaw_of_answer(action, answer.payload)
        if flaw is None:
            return None
        self._tell(direction, action, "answer", flaw, link)
        if not self._refuses:
            return None
        if frames.CALL_RESULT_ERROR in self._dialect.message_types:
            back = link.to_station if direction is Direction.TO_CSMS else link.to_csms
            code = self._dialect.error_name(flaw.code)
            back(frames.call_result_error(answer.message_id, code, _words(flaw)))
        code = self._dialect.error_name(ErrorCode.INTERNAL)
        return frames.call_error(answer.message_id, code, _words(flaw))

    def _tell(self, direction: Direction, action: str, frame: str, flaw: Flaw, link: RelayOwner) -> None:
        facts: dict[str, Any] = {"action": action, "frame": frame, "direction": direction.value}
        link.happened("schema_violated", **facts, rule=flaw.rule, place=flaw.place, refused=self._refuses)


def _words(flaw: Flaw) -> str:
    return f"refused: schema: {flaw}"

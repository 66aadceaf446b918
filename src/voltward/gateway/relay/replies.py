"""What the relay itself answers in the place of a peer, and how it tells that something was kept back."""

from __future__ import annotations

from voltward.domain.command_rule import Direction
from voltward.gateway.relay.owner import RelayOwner
from voltward.ocpp import frames
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import Call, Send
from voltward.ocpp.relay_answers import Answer, Block, CallAnswer, KeptBack


class Replies:
    """To both ends of one link, in its dialect's words."""

    __slots__ = ("_dialect", "_owner")

    def __init__(self, owner: RelayOwner, dialect: Dialect) -> None:
        self._owner = owner
        self._dialect = dialect

    def error(self, message_id: str, code: ErrorCode, description: str) -> bytes:
        """A CALLERROR."""
        return frames.call_error(message_id, self._dialect.error_name(code), description)

    def instead(self, direction: Direction, call: Call, answer: CallAnswer) -> None:
        """Answer whoever called; `direction` is the call's, which goes no further."""
        reply = self._owner.to_station if direction is Direction.TO_CSMS else self._owner.to_csms
        if isinstance(answer, Answer):
            reply(frames.call_result(call.message_id, answer.payload))
        elif isinstance(answer, Block):
            reply(self.error(call.message_id, answer.code, answer.description))
        self.kept_back(direction, call.action, getattr(answer, "kept_back", ()))

    def kept_back(self, direction: Direction, action: str, kept_back: tuple[KeptBack, ...]) -> None:
        """Tell what did not pass, each with its control."""
        for kept in kept_back:
            self._owner.happened(
                "message_blocked",
                control=kept.control_id,
                what=kept.name,
                action=action,
                direction=direction.value,
            )

    def too_long(self, call: Call | Send) -> None:
        """Nobody sends a station more than it can take (field note 52)."""
        if isinstance(call, Call):
            words = "refused: too long for the station"
            self._owner.to_csms(self.error(call.message_id, ErrorCode.GENERIC, words))
        self._owner.happened(
            "call_refused",
            reason="too-long-for-station",
            action=call.action,
            octets=len(call.raw),
            message_id=call.message_id,
        )

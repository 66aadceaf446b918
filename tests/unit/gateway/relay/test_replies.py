from __future__ import annotations

import json

import pytest

from tests.fakes.relays import Ends, frame
from voltward.domain.command_rule import Direction
from voltward.gateway.relay.replies import Replies
from voltward.ocpp import DIALECTS
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import Call, parse_frame
from voltward.ocpp.relay_answers import FORWARD, Answer, Block, KeptBack


def call(action: str = "Reset") -> Call:
    parsed = parse_frame(frame(2, "1", action, {}), FrameLimits())
    assert isinstance(parsed, Call)
    return parsed


@pytest.fixture
def ends() -> Ends:
    return Ends()


@pytest.fixture
def replies(ends: Ends) -> Replies:
    return Replies(ends, DIALECTS["ocpp1.6"])


def test_whoever_called_is_answered_and_it_is_told_what_was_kept_back(ends: Ends, replies: Replies) -> None:
    kept = (KeptBack("CMD-01", "SecurityProfile"),)
    replies.instead(Direction.TO_STATION, call(), Answer({"status": "Rejected"}, kept))
    replies.instead(Direction.TO_CSMS, call(), Block(ErrorCode.SECURITY, "no", ()))

    assert json.loads(ends.csms[0]) == [3, "1", {"status": "Rejected"}]
    assert json.loads(ends.station[0]) == [4, "1", "SecurityError", "no", {}]
    assert ends.events == [
        (
            "message_blocked",
            {"control": "CMD-01", "what": "SecurityProfile", "action": "Reset", "direction": "to_station"},
        )
    ]


def test_what_goes_on_is_answered_by_nobody_here(ends: Ends, replies: Replies) -> None:
    replies.instead(Direction.TO_STATION, call(), FORWARD)

    assert (ends.csms, ends.station, ends.events) == ([], [], [])


def test_a_call_that_the_station_cannot_take_is_refused_in_its_name(ends: Ends, replies: Replies) -> None:
    replies.too_long(call())

    assert json.loads(ends.csms[0])[:3] == [4, "1", "GenericError"]
    assert ends.events[0][1]["reason"] == "too-long-for-station"

from __future__ import annotations

import json

from voltward.gateway.links.own_calls import WAITING, OwnCalls
from voltward.gateway.relay.rules import Outcome, Silence
from voltward.ocpp import frames
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import CallResult, parse_frame
from voltward.ocpp.intent_answers import SaidCall

CALL = SaidCall("TriggerMessage", {"requestedMessage": "BootNotification"})


def result(message_id: str) -> CallResult:
    frame = parse_frame(frames.call_result(message_id, {"status": "Accepted"}), FrameLimits())
    assert isinstance(frame, CallResult)
    return frame


def ids(sent: list[bytes]) -> list[str]:
    return [json.loads(text)[1] for text in sent]


def test_calls_go_out_one_by_one() -> None:
    sent: list[bytes] = []
    told: list[Outcome] = []
    calls = OwnCalls(sent.append, seconds=60.0)

    calls.ask("1", CALL, told.append, 0.0)
    calls.ask("2", CALL, told.append, 0.0)
    assert ids(sent) == ["1"]
    assert calls.answered(result("1"), 1.0)

    assert ids(sent) == ["1", "2"]
    assert [answer.message_id for answer in told if isinstance(answer, CallResult)] == ["1"]


def test_nobody_asked_for_an_answer_with_another_id() -> None:
    calls = OwnCalls(lambda _: None, seconds=60.0)

    assert not calls.answered(result("1"), 0.0)
    calls.ask("1", CALL, lambda _: None, 0.0)
    assert not calls.answered(result("2"), 0.0)


def test_silence_frees_the_line_in_time() -> None:
    sent: list[bytes] = []
    told: list[Outcome] = []
    calls = OwnCalls(sent.append, seconds=60.0)
    calls.ask("1", CALL, told.append, 0.0)
    calls.ask("2", CALL, told.append, 0.0)

    calls.tick(59.0)
    assert told == []
    calls.tick(60.0)

    assert told == [Silence.TIMED_OUT]
    assert ids(sent) == ["1", "2"]


def test_the_end_tells_what_was_on_the_line_from_what_was_not() -> None:
    told: list[Outcome] = []
    calls = OwnCalls(lambda _: None, seconds=60.0)
    calls.ask("1", CALL, told.append, 0.0)
    calls.ask("2", CALL, told.append, 0.0)

    calls.close()
    calls.close()

    assert told == [Silence.LINK_LOST, Silence.NEVER_SENT]


def test_only_so_many_wait() -> None:
    told: list[Outcome] = []
    calls = OwnCalls(lambda _: None, seconds=60.0)

    for number in range(WAITING + 2):
        calls.ask(str(number), CALL, told.append, 0.0)

    assert told == [Silence.NEVER_SENT]

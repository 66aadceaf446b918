from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.gateway import CountedFlow
from voltward.gateway.relay.line import Line


class Ear:
    """Takes texts, and may stop the line while it does."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.on_text: Callable[[bytes], None] = lambda _: None

    def take(self, text: bytes, line: Line, /) -> None:
        assert not line.is_paused
        self.heard.append(text)
        self.on_text(text)


def test_texts_pass_at_once_while_nothing_speaks_against_it() -> None:
    ear, flow = Ear(), CountedFlow()
    line = Line(flow, ear)

    line.arrived(b"1")

    assert (ear.heard, line.is_clear, line.is_paused, flow.is_paused) == ([b"1"], True, False, False)


def test_what_was_read_before_the_stop_took_hold_waits_in_order() -> None:
    ear, flow = Ear(), CountedFlow()
    line = Line(flow, ear)
    line.pause("calls")

    line.arrived(b"1")
    line.arrived(b"2")

    assert (ear.heard, flow.is_paused, line.is_clear) == ([], True, False)
    line.resume("calls")
    assert (ear.heard, flow.is_paused, line.is_clear) == ([b"1", b"2"], False, True)


def test_reading_goes_on_when_the_last_reason_is_gone() -> None:
    flow = CountedFlow()
    line = Line(flow, Ear())
    line.pause("calls")
    line.pause("rate")
    line.pause("rate")

    line.resume("rate")

    assert (line.reasons, flow.is_paused) == ({"calls"}, True)
    line.resume("calls")
    assert (line.reasons, flow.is_paused) == (frozenset(), False)


def test_a_reason_that_was_never_given_resumes_nothing() -> None:
    flow = CountedFlow()
    line = Line(flow, Ear())
    line.pause("calls")

    line.resume("rate")

    assert flow.is_paused


def test_a_text_that_stops_the_line_keeps_the_rest_waiting() -> None:
    ear, flow = Ear(), CountedFlow()
    line = Line(flow, ear)
    line.pause("rate")
    for text in (b"1", b"2", b"3"):
        line.arrived(text)
    ear.on_text = lambda text: line.pause("hold") if text == b"2" else None

    line.resume("rate")

    assert (ear.heard, line.reasons, flow.is_paused) == ([b"1", b"2"], {"hold"}, True)
    line.arrived(b"4")
    line.resume("hold")
    assert (ear.heard, flow.is_paused) == ([b"1", b"2", b"3", b"4"], False)


def test_nothing_that_waits_is_taken_once_the_link_is_gone() -> None:
    ear = Ear()
    line = Line(CountedFlow(), ear)
    line.pause("hold")
    line.arrived(b"1")

    line.clear()
    line.resume("hold")

    assert ear.heard == []


_steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["pause", "resume"]), st.sampled_from(["rate", "calls", "hold"])),
        st.just(("text", "")),
    ),
    max_size=30,
)


@given(_steps)
def test_order_is_kept_and_nothing_is_lost_whatever_happens(steps: list[tuple[str, str]]) -> None:
    ear, flow = Ear(), CountedFlow()
    line = Line(flow, ear)
    sent: list[bytes] = []
    for step, reason in steps:
        if step == "text":
            sent.append(str(len(sent)).encode())
            line.arrived(sent[-1])
        else:
            getattr(line, step)(reason)
        assert flow.is_paused == line.is_paused == bool(line.reasons) == (not line.is_clear)
        assert ear.heard == sent[: len(ear.heard)]
    for reason in ("rate", "calls", "hold"):
        line.resume(reason)
    assert ear.heard == sent


def test_what_nobody_has_taken_can_be_taken_at_the_end() -> None:
    ear = Ear()
    line = Line(CountedFlow(), ear)
    line.pause("slow")
    line.arrived(b"a")
    line.arrived(b"b")

    assert line.take_rest() == [b"a", b"b"]
    line.resume("slow")
    assert ear.heard == []


def test_a_line_that_was_let_go_holds_nobody_and_hands_on_nothing() -> None:
    ear = Ear()
    line = Line(CountedFlow(), ear)
    line.arrived(b"1")

    line.let_go()
    line.arrived(b"2")

    assert ear.heard == [b"1"]

from __future__ import annotations

import asyncio
import json

from hypothesis import given
from hypothesis import strategies as st

from voltward.demo.gateway_log import KEPT_LINES, GatewayLog, LogEvent, Search, read_event


def line(event: str, **facts: object) -> bytes:
    return json.dumps({"event": event, **facts}).encode() + b"\n"


def test_a_line_becomes_an_event() -> None:
    event = read_event(
        line("station_refused", subject="x", timestamp="t", control="AUTH-02", reason="wrong"), 7
    )

    assert event == LogEvent(7, "station_refused", "x", "t", {"control": "AUTH-02", "reason": "wrong"})
    assert event is not None
    assert event.why == "AUTH-02: wrong"


def test_why_is_empty_when_nothing_is_said() -> None:
    assert LogEvent(1, "link_closed", "x", "t", {"control": None}).why == ""


@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_whatever_is_no_event_is_passed_over(raw: bytes) -> None:
    assert read_event(raw) is None or b"event" in raw


async def test_events_are_numbered_and_found_again() -> None:
    log = GatewayLog()
    await log.take(line("a", subject="x", source="127.0.1.9"))
    await log.take(b"a warning of the interpreter\n")
    await log.take(line("a", subject="y", source="127.0.11.9", connection="c"))

    assert log.taken == 2
    assert [event.number for event in log.events] == [1, 2]
    assert subject(log.first(Search({"a"}))) == "x"
    assert subject(log.last(Search({"a"}))) == "y"
    assert subject(log.last(Search({"a"}, source="127.0.1."))) == "x"
    assert subject(log.first(Search({"a"}, connection="c"))) == "y"
    assert log.first(Search({"a"}, after=2)) is None
    assert log.first(Search({"b"})) is None
    assert log.first(Search({"a"}, subject="z")) is None


async def test_an_event_can_be_waited_for() -> None:
    log = GatewayLog()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(log.wait_for(Search({"ready"}), 5))
        await asyncio.sleep(0)
        await log.take(line("other"))
        await log.take(line("ready", subject="gateway"))

    assert subject(waiting.result()) == "gateway"


async def test_what_does_not_come_is_not_waited_for_long() -> None:
    assert await GatewayLog().wait_for(Search({"ready"}), 0.001) is None


async def test_whoever_watches_is_told_each_event() -> None:
    log, seen = GatewayLog(), list[str]()
    log.watch = lambda event: seen.append(event.kind)
    await log.take(line("one"))
    await log.take(b"no event\n")
    await log.take(line("two"))

    assert seen == ["one", "two"]


async def test_the_last_lines_are_kept_for_the_moment_of_death() -> None:
    log = GatewayLog()
    for number in range(KEPT_LINES + 5):
        await log.take(f"line {number}\n".encode())

    assert log.last_lines[-1] == f"line {KEPT_LINES + 4}"
    assert len(log.last_lines) == KEPT_LINES


def subject(event: LogEvent | None) -> str:
    assert event is not None
    return event.subject

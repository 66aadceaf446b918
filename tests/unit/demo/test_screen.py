from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from voltward.demo.gateway_log import LogEvent
from voltward.demo.outcome import Seen, Step
from voltward.demo.picture import Picture
from voltward.demo.screen import Screen, drawn


def text_of(screen: Screen, width: int, height: int) -> str:
    console = Console(width=width, height=height, record=True, file=io.StringIO(), force_terminal=True)
    console.print(drawn(screen, width, height))
    return console.export_text()


def a_screen(rows: int = 2) -> Screen:
    picture = Picture()
    for number in range(rows):
        facts = {
            "connection": f"c{number}",
            "profile": 2,
            "tls": "TLSv1.3",
            "credential": "password (text)",
            "subprotocol": "ocpp2.1",
        }
        picture.take(LogEvent(1, "station_admitted", f"s-{number:02}", "", facts))
    facts = {"source": "127.0.9.2", "control": "AUTH-02", "reason": "the password is [bold]wrong[/bold]"}
    picture.take(LogEvent(2, "station_refused", "s-00", "2026-11-22T07:08:09Z", facts))
    step = Step("attack: try it", "no", Seen("HTTP 401", ok=True))
    return Screen(
        65.0, picture, {"s-00": 42}, "An act", (3, 1), (step,), ("cd here", "voltward station list")
    )


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 34), (200, 60)])
def test_it_fills_its_terminal_and_no_more(width: int, height: int) -> None:
    lines = text_of(a_screen(rows=30), width, height).splitlines()

    assert len(lines) == height
    assert all(len(line) <= width for line in lines)


def test_it_shows_who_is_in_and_who_is_not_and_why() -> None:
    text = text_of(a_screen(), 140, 40)

    assert "connected: 2" in text
    assert "s-00      2.1    2        TLS 1.3" in text
    assert "42" in text
    assert "07:08:09 s-00 from 127.0.9.2" in text
    assert "AUTH-02" in text


def test_a_life_cycle_that_is_under_way_stands_in_the_place_of_the_proof() -> None:
    text = text_of(replace(a_screen(), phases={"s-00": "being issued"}), 140, 40)

    assert "being issued" in text
    assert text.count("password (text)") == 1


def test_nothing_that_came_off_the_wire_is_read_as_markup() -> None:
    assert "[bold]wrong[/bold]" in text_of(a_screen(), 140, 40)


def test_it_tells_the_story_and_what_to_type_next() -> None:
    text = text_of(a_screen(), 140, 40)

    assert "01:05" in text
    assert "An act   3 steps held, 1 did not" in text
    assert "ok    try it: HTTP 401" in text
    assert "voltward station list" in text


def test_rows_that_do_not_fit_are_counted() -> None:
    assert "+ " in text_of(a_screen(rows=30), 80, 24)
    assert "connected: 30" in text_of(a_screen(rows=30), 80, 24)


def test_it_can_be_drawn_before_anything_happened() -> None:
    screen = Screen(0.0, Picture(), {}, "getting ready ...", (0, 0), (), ())

    assert "nobody yet" in text_of(screen, 100, 30)

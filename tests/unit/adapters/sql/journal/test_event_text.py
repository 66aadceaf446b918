from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.builders import event
from tests.fakes.clock import NOON
from voltward.adapters.sql.journal.event_text import (
    LONGEST_TEXT,
    MOST_ENTRIES,
    EventText,
    event_of,
    event_text,
)
from voltward.domain.credential import PasswordForm
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile

HOSTILE = st.text(st.characters(), max_size=50)  # half surrogate pairs and NUL among them
FACTS = st.dictionaries(
    HOSTILE,
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | HOSTILE | st.lists(HOSTILE, max_size=5).map(tuple),
    max_size=5,
)  # fmt: skip


def test_the_stored_form_is_utc_and_json_in_one_order() -> None:
    berlin = timezone(timedelta(hours=1))
    told = Event(
        "station_refused",
        datetime(2026, 11, 22, 13, 0, tzinfo=berlin),
        "gateway",
        "CP1",
        {"b": ("x",), "a": 1},
    )

    assert event_text(told) == EventText(
        "2026-11-22T12:00:00.000000+00:00", "station_refused", "gateway", "CP1", '{"a":1,"b":["x"]}'
    )


@given(HOSTILE, FACTS)
def test_whatever_comes_in_every_database_takes_it_and_facts_come_back(
    text: str, facts: dict[str, Any]
) -> None:
    stored = event_text(Event("seen", NOON, actor=text, subject=text, facts=facts))

    for each in (stored.actor, stored.subject, stored.facts):
        each.encode()
        assert "\x00" not in each
    # Names of facts are ours; only what could not be stored anywhere has another form.
    assert list(event_of(stored).facts.values()) == [facts[name] for name in _in_stored_order(facts)]


def _in_stored_order(facts: dict[str, Any]) -> list[str]:
    clean = {event_text(Event(name, NOON, "")).kind: name for name in facts}
    return [clean[name] for name in sorted(clean)]


def test_ordinary_events_come_back_equal() -> None:
    told = event(text="Ünï", several=("a", "b"), count=3, share=0.5, yes=True, nothing=None)

    assert event_of(event_text(told)) == told


def test_enumerations_are_stored_as_their_values() -> None:
    told = event(form=PasswordForm.TEXT, profile=SecurityProfile.TLS_BASIC)

    assert event_text(told).facts == '{"form":"text","profile":2}'


@pytest.mark.parametrize(
    "value", [Secret(b"hunter2"), b"hunter2", bytearray(b"x"), ["a"], (1,), {"a": "b"}, NOON]
)
def test_what_is_no_fact_raises_without_showing_it(value: Any) -> None:
    with pytest.raises(TypeError, match="station_refused: the fact 'it' is") as caught:
        event_text(event(it=value))
    assert "hunter2" not in str(caught.value)


def test_the_name_of_a_fact_is_a_text() -> None:
    facts: Any = {b"hunter2": "x"}
    with pytest.raises(TypeError, match="the name of a fact is bytes"):
        event_text(Event("seen", NOON, "a", facts=facts))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_raise(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        event_text(event(number=number))


def test_a_time_without_a_zone_raises() -> None:
    with pytest.raises(ValueError, match="time zone"):
        event_text(Event("seen", datetime(2026, 1, 1), "a"))  # noqa: DTZ001


def test_long_texts_are_cut_and_the_cut_is_counted() -> None:
    stored = event_of(event_text(event(subject="s" * 5000, text="t" * 5000)))

    assert stored.subject == "s" * LONGEST_TEXT + f"(+{5000 - LONGEST_TEXT})"
    assert stored.facts["text"] == "t" * LONGEST_TEXT + f"(+{5000 - LONGEST_TEXT})"


def test_long_lists_are_cut_and_the_cut_is_counted() -> None:
    stored = event_of(event_text(event(several=tuple("x" * 1000))))

    assert stored.facts["several"] == (*tuple("x" * MOST_ENTRIES), f"(+{1000 - MOST_ENTRIES})")


@pytest.mark.parametrize(
    ("at", "facts"),
    [
        ("yesterday", "{}"),
        ("2026-11-22T12:00:00", "{}"),
        ("2026-11-22T12:00:00+00:00", "[]"),
        ("2026-11-22T12:00:00+00:00", "{"),
    ],
)
def test_a_form_that_we_did_not_write_is_told(at: str, facts: str) -> None:
    with pytest.raises(ValueError):
        event_of(EventText(at, "seen", "a", "s", facts))

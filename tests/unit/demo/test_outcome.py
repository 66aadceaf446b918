from __future__ import annotations

from voltward.demo.outcome import Outcome, Seen, Step

HELD = Step("a door", "shut", Seen("shut", ok=True, look_at="the hinges"))
BROKEN = Step("a lock", "locked", Seen("open", ok=False, look_at="the key"))


def test_a_story_holds_when_every_step_held() -> None:
    assert Outcome((HELD, HELD), 1.0).ok
    assert not Outcome((HELD, BROKEN), 1.0).ok


def test_a_story_without_steps_proves_nothing() -> None:
    assert not Outcome((), 1.0).ok


def test_the_steps_that_failed_can_be_named() -> None:
    assert Outcome((HELD, BROKEN), 1.0).failed == (BROKEN,)


def test_the_document_has_exactly_the_agreed_keys() -> None:
    assert Outcome((HELD,), 12.34).as_facts() == {
        "ok": True,
        "seconds": 12.3,
        "steps": [{"name": "a door", "expected": "shut", "seen": "shut", "ok": True}],
    }


def test_a_failed_step_says_what_to_look_at() -> None:
    assert BROKEN.as_facts()["seen"] == "open (look at: the key)"

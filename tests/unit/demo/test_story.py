from __future__ import annotations

from voltward.demo.stage import Scene
from voltward.demo.story import ACTS, CURTAIN


def scenes() -> list[Scene]:
    return [scene for act in (*ACTS, CURTAIN) for thread in act.threads for scene in thread]


def test_every_scene_has_a_name_of_its_own_and_an_expectation() -> None:
    names = [scene.name for scene in scenes()]

    assert len(set(names)) == len(names)
    assert all(scene.expected for scene in scenes())


def test_the_journal_is_verified_last_after_the_gateway_was_stopped() -> None:
    last = [scene.name for thread in CURTAIN.threads for scene in thread]

    assert last[-2:] == ["the gateway is asked to stop", "`voltward journal verify`"]

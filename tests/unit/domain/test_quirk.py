from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import NOON
from voltward.domain.quirk import NO_GRANTS, Quirk, QuirkGrant, in_force


def grant(quirk: Quirk, days: float, **parameters: str | float) -> QuirkGrant:
    return QuirkGrant(quirk, NOON + timedelta(days=days), "ann", "old firmware", parameters)


def test_a_grant_past_its_end_is_none() -> None:
    ended, holds = grant(Quirk.EXTRA_SLASH, 0), grant(Quirk.LETTER_CASE, 0.1)

    assert in_force([ended, holds], NOON) == {Quirk.LETTER_CASE: holds}
    assert in_force([ended], NOON) is NO_GRANTS


def test_of_two_grants_for_one_quirk_the_first_that_holds_counts() -> None:
    ended, own, group = (
        grant(Quirk.SHORT_PASSWORD, days, octets=size) for days, size in ((0, 1), (1, 8), (2, 4))
    )

    assert in_force([ended, own, group], NOON)[Quirk.SHORT_PASSWORD].octets() == 8


def test_a_parameter_that_was_not_given_has_its_default() -> None:
    pace = grant(Quirk.KEEPALIVE_PACE, 1, ping_interval=45.0)

    assert pace.number("ping_interval", 60) == 45.0
    assert pace.number("pong_timeout", 20) == 20
    assert pace.text("speaks") == ""

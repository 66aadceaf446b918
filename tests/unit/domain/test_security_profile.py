from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from voltward.domain.security_profile import Allowance, SecurityProfile, is_permitted

NOW = datetime(2026, 11, 20, tzinfo=UTC)
P1, P2, P3 = SecurityProfile


def test_profiles_have_an_order_and_a_proof() -> None:
    assert P1 < P2 < P3
    assert [profile.uses_password for profile in SecurityProfile] == [True, True, False]


@pytest.mark.parametrize(("profile", "floor"), [(P1, P1), (P3, P1), (P2, P2)])
def test_the_floor_and_above_are_permitted(profile: SecurityProfile, floor: SecurityProfile) -> None:
    assert is_permitted(profile, floor, None, NOW)


def test_below_the_floor_only_an_allowance_helps_and_only_until_its_end() -> None:
    allowance = Allowance(P2, NOW + timedelta(hours=1), "ann", "board exchanged")

    assert not is_permitted(P2, P3, None, NOW)
    assert is_permitted(P2, P3, allowance, NOW)
    assert not is_permitted(P1, P3, allowance, NOW)
    assert not is_permitted(P2, P3, allowance, NOW + timedelta(hours=1))

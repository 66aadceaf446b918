from __future__ import annotations

from voltward.gateway.channel.intake import SIGNS_A_SECOND, SIGNS_AT_ONCE, Signs


def test_a_ping_a_second_is_never_too_many() -> None:
    signs = Signs(0.0)

    assert not any(signs.too_many(1, now=float(second)) for second in range(3 * SIGNS_AT_ONCE))


def test_what_comes_at_once_is_forgotten_with_time() -> None:
    signs = Signs(0.0)
    assert not signs.too_many(SIGNS_AT_ONCE, now=0.0)
    assert signs.too_many(1, now=0.0)

    assert not signs.too_many(1, now=1.0 + 1 / SIGNS_A_SECOND)

from __future__ import annotations

import pytest

from tests.journeys.peers.material import target_at


@pytest.mark.parametrize("steps", [0, 1, 39, 40, 41])
def test_addresses_go_round(steps: int) -> None:
    target = target_at(1)

    assert sorted(target.from_elsewhere(steps).sources) == sorted(target.sources)
    assert target.from_elsewhere(steps).source == target.sources[steps % len(target.sources)]


def test_an_attempt_comes_as_the_victim_from_the_attackers_address() -> None:
    target = target_at(1)
    dial = target.dial(target.live, None)

    assert (dial.identity, dial.subprotocols, dial.source) == ("LIVE", ("ocpp1.6",), "127.0.0.2")
    assert target.dial(target.live, None, source="127.0.0.1").source == "127.0.0.1"


def test_what_was_stolen_is_not_printed() -> None:
    assert "a right password" not in repr(target_at(1))

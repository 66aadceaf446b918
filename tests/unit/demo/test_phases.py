from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes.renewals import CP001, renewal_world
from tests.fakes.stores import opened_store
from voltward.demo.phases import follow_phases


class SeenEnough(Exception):
    """The audience leaves."""


async def test_the_phase_of_each_open_life_cycle_is_told(tmp_path: Path) -> None:
    seen: list[Mapping[str, str]] = []

    def sees(phases: Mapping[str, str]) -> None:
        seen.append(phases)
        raise SeenEnough

    async with opened_store(tmp_path) as store, renewal_world(store) as world:
        for begins in (False, True):
            if begins:
                await world.begin()
            with pytest.raises(SeenEnough):
                await follow_phases(store, sees)

    assert seen == [{}, {str(CP001): "reading its settings"}]

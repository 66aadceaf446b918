from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.stores import entry_of, journalled, opened_store, put
from voltward.domain.errors import OperatorFault
from voltward.domain.quirk import Quirk, QuirkGrant
from voltward.domain.station import StationId
from voltward.usecases.fleet.grant_quirk import end_quirk, grant_quirk

CP001 = StationId("CP001")


def alias(user: str, days: int = 9) -> QuirkGrant:
    return QuirkGrant(Quirk.USER_ALIAS, NOON + timedelta(days=days), "ann", "no menu for it", {"user": user})


async def test_a_station_s_own_quirk_is_kept_with_it_and_journalled(tmp_path: Path) -> None:
    async with opened_store(tmp_path) as store:
        await put(store, station())
        await grant_quirk(store, CP001, alias("admin"), "ann", FakeClock())
        await grant_quirk(store, CP001, alias("root"), "ann", FakeClock())

        assert (await entry_of(store)).station.quirks == (alias("root"),)
        events = [event for event in await journalled(store) if event.kind == "quirk_granted"]
        assert [event.facts["user"] for event in events] == ["admin", "root"]


async def test_it_can_be_ended_before_its_end_once(tmp_path: Path) -> None:
    async with opened_store(tmp_path) as store:
        await put(store, station())
        await grant_quirk(store, CP001, alias("admin"), "ann", FakeClock())
        await end_quirk(store, CP001, Quirk.USER_ALIAS, "ann", FakeClock())

        assert (await entry_of(store)).station.quirks == ()
        with pytest.raises(OperatorFault, match="no quirk"):
            await end_quirk(store, CP001, Quirk.USER_ALIAS, "ann", FakeClock())


async def test_a_quirk_that_has_ended_already_is_not_granted(tmp_path: Path) -> None:
    async with opened_store(tmp_path) as store:
        await put(store, station())
        with pytest.raises(OperatorFault, match="past"):
            await grant_quirk(store, CP001, alias("admin", days=0), "ann", FakeClock())

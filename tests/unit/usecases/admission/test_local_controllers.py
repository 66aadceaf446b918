from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import FakeClock
from tests.fakes.stores import entry_of, journalled, opened_store, put
from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.usecases.admission.local_controllers import MOST_BEHIND
from voltward.usecases.fleet.change_station import StationChange, change_station

LC1 = StationId("LC1")
P3 = SecurityProfile.TLS_CERTIFICATE


async def test_a_station_becomes_a_local_controller_and_ceases_to_be_one(tmp_path: Path) -> None:
    async with opened_store(tmp_path) as store:
        await put(store, station("LC1", profile=P3, floor=P3), station("CP1"), station("CP2"))

        await change_station(store, LC1, StationChange(behind=("CP1", "CP2")), "ann", FakeClock())
        assert (await entry_of(store, "LC1")).station.behind == ("CP1", "CP2")
        await change_station(store, LC1, StationChange(behind=()), "ann", FakeClock())

        assert (await entry_of(store, "LC1")).station.behind == ()
        told = [event.facts["speaks_for"] for event in await journalled(store)]
        assert told == ["CP1, CP2", "nobody"]


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (("CP1", "CP9"), "CP9 is not registered"),
        (("cp1",), "cp1 is not registered"),
        (("LC1",), "is a Local Controller itself"),
        (("LC2",), "LC2 is a Local Controller itself"),
        (("CP2",), "CP2 stands behind LC2"),
        (tuple(f"CP{number}" for number in range(MOST_BEHIND + 1)), "the most are"),
    ],
)
async def test_a_list_that_would_not_do_is_refused(
    tmp_path: Path, behind: tuple[str, ...], words: str
) -> None:
    async with opened_store(tmp_path) as store:
        await put(store, station("LC1", profile=P3, floor=P3), station("CP1"), station("CP2"))
        await put(store, station("LC2", profile=P3, floor=P3, behind=("CP2",)))

        with pytest.raises(OperatorFault, match=words):
            await change_station(store, LC1, StationChange(behind=behind), "ann", FakeClock())


async def test_a_controller_stands_behind_nobody(tmp_path: Path) -> None:
    async with opened_store(tmp_path) as store:
        await put(store, station("LC1", profile=P3, floor=P3), station("CP1"))
        await put(store, station("LC2", profile=P3, floor=P3, behind=("LC1",)))

        with pytest.raises(OperatorFault, match="LC1 stands behind LC2"):
            await change_station(store, LC1, StationChange(behind=("CP1",)), "ann", FakeClock())


async def test_a_controller_has_a_certificate(tmp_path: Path) -> None:
    async with opened_store(tmp_path) as store:
        await put(store, station("LC1"), station("CP1"))
        with pytest.raises(OperatorFault, match="by its certificate alone"):
            await change_station(store, LC1, StationChange(behind=("CP1",)), "ann", FakeClock())


async def test_a_controller_does_not_fall_below_its_certificate(tmp_path: Path) -> None:
    async with opened_store(tmp_path) as store:
        await put(store, station("LC1", profile=P3, floor=P3, behind=("CP1",)), station("CP1"))
        change = StationChange(profile=SecurityProfile.TLS_BASIC, lower_floor=True)
        with pytest.raises(OperatorFault, match="by its certificate alone"):
            await change_station(store, LC1, change, "ann", FakeClock())

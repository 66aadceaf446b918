from __future__ import annotations

from voltward.adapters.sql.store import SqlStore
from voltward.domain.station import UNKNOWN_MODEL, Model
from voltward.ports.lifecycles import FormTried

VOLT = Model("Volt", "One", "1.0")


async def test_what_worked_is_counted_by_model_whatever_its_firmware(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.chain_forms.remember(VOLT, "without root", worked=False)
        await unit.chain_forms.remember(VOLT, "with root", worked=True)
        await unit.chain_forms.remember(Model("Volt", "One", "2.0"), "with root", worked=True)
        await unit.chain_forms.remember(Model("Volt\x00", "Two"), "with root", worked=True)
        await unit.commit()

    async with store.read() as reading:
        tried = await reading.chain_forms.of(VOLT)
        assert tried == [FormTried("with root", 2, 0), FormTried("without root", 0, 1)]
        assert await reading.chain_forms.of(UNKNOWN_MODEL) == []


async def test_stations_that_nobody_knows_share_a_memory(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.chain_forms.remember(UNKNOWN_MODEL, "leaf alone", worked=True)
        await unit.commit()

    async with store.read() as reading:
        assert await reading.chain_forms.of(UNKNOWN_MODEL) == [FormTried("leaf alone", 1, 0)]

from __future__ import annotations

from dataclasses import replace

from tests.fakes.builders import authority
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.authority import Binding, BindingRule, TrustedFor


async def test_authorities_come_back_as_they_were_saved_by_name(store: SqlStore) -> None:
    own = authority("Zebra CA")
    makers = authority(
        "Maker CA",
        trusted_for=TrustedFor.MANUFACTURERS,
        binding=Binding(BindingRule.PATTERN, r"(?P<serial>[0-9]+)\.maker\.example"),
        organisations=("Example CPO", "Ünïcode & Co"),
        retired_at=NOON,
    )
    async with store.begin() as unit:
        await unit.authorities.save(own)
        await unit.authorities.save(makers)
        await unit.commit()

    async with store.read() as reading:
        assert await reading.authorities.all() == [makers, own]


async def test_saving_again_replaces(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.authorities.save(authority())
        await unit.authorities.save(replace(authority(), retired_at=NOON))

        assert await unit.authorities.all() == [authority(retired_at=NOON)]

from __future__ import annotations

from tests.fakes.clock import FakeClock
from tests.fakes.signers import hierarchy
from voltward.adapters.sql.store import SqlStore
from voltward.domain.authority import BindingRule, TrustedFor
from voltward.usecases.trust.trust_authority import distrust_authority
from voltward.usecases.trust.trust_own_authorities import trust_own_authorities

OWN = [one.stations.der for one in hierarchy().families]


async def test_our_stations_authorities_are_trusted_once(store: SqlStore, clock: FakeClock) -> None:
    first = await trust_own_authorities(store, OWN, "gateway", clock)
    again = await trust_own_authorities(store, OWN, "gateway", clock)

    assert [(one.trusted_for, one.binding.rule) for one in first] == [
        (TrustedFor.STATIONS, BindingRule.SERIAL_IN_COMMON_NAME)
    ] * 2
    assert again == []
    async with store.read() as work:
        assert {one.id for one in await work.authorities.all()} == {one.id for one in first}


async def test_what_an_operator_has_distrusted_stays_so(store: SqlStore, clock: FakeClock) -> None:
    first = await trust_own_authorities(store, OWN, "gateway", clock)
    await distrust_authority(store, first[0].id, "cli", clock)

    assert await trust_own_authorities(store, OWN, "gateway", clock) == []
    async with store.read() as work:
        retired = [one.id for one in await work.authorities.all() if one.retired_at is not None]
    assert retired == [first[0].id]

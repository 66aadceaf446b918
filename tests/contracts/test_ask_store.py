from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import ask
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.ask import Ask
from voltward.domain.intents import (
    AnchorUse,
    CertificateHash,
    CertificateUse,
    HashAlgorithm,
    InstallCertificate,
    InstallTrustAnchor,
    Intent,
    ListTrustAnchors,
    OfferNetwork,
    PreferNetworks,
    RaiseProfile,
    ReadFacts,
    Reading,
    RemoveTrustAnchor,
    RequestCsr,
    Restart,
    SetOrganisation,
)
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.ports.change_feed import Aggregate

CP001, CP002 = StationId("CP001"), StationId("CP002")
INTENTS: tuple[Intent, ...] = (
    RequestCsr(CertificateUse.V2G),
    InstallCertificate("-----BEGIN", use=None, request_id=3),
    InstallTrustAnchor(AnchorUse.MANUFACTURER, "-----BEGIN"),
    RemoveTrustAnchor(CertificateHash(HashAlgorithm.SHA384, "ab", "cd", "1f")),
    ListTrustAnchors(),
    ListTrustAnchors(AnchorUse.CSMS),
    SetOrganisation("Volt & Söhne"),
    ReadFacts((Reading.ORGANISATION, Reading.CHAIN_SIZE)),
    Restart(),
    RaiseProfile(SecurityProfile.TLS_CERTIFICATE),
    OfferNetwork(2, "wss://csms.example/ocpp", SecurityProfile.TLS_CERTIFICATE, "Wired0"),
    PreferNetworks((2, 1)),
)


async def add(store: SqlStore, *asks: Ask) -> None:
    async with store.begin() as unit:
        for each in asks:
            await unit.asks.add(each)
        await unit.commit()


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: type(intent).__name__)
async def test_an_intent_comes_back_as_it_was(store: SqlStore, intent: Any) -> None:
    await add(store, ask(intent=intent))

    async with store.read() as reading:
        assert await reading.asks.of(CP001) == [ask(intent=intent)]


async def test_a_station_has_its_asks_oldest_first_and_those_of_one_moment_by_their_ids(
    store: SqlStore,
) -> None:
    older = ask(id="z", created_at=NOON - timedelta(hours=1))
    await add(store, ask(id="b"), ask(id="a"), older, ask("CP002"))

    async with store.read() as reading:
        assert await reading.asks.of(CP001) == [older, ask(id="a"), ask(id="b")]
        assert set(await reading.asks.stations()) == {CP001, CP002}


async def test_asked_twice_it_is_one(store: SqlStore) -> None:
    await add(store, ask())
    await add(store, ask(intent=Restart()))

    async with store.read() as reading:
        assert await reading.asks.of(CP001) == [ask()]
    assert len((await store.feed.since(0)).changes) == 1


async def test_an_ask_is_removed_once_and_the_feed_tells_it(store: SqlStore) -> None:
    await add(store, ask())
    async with store.begin() as unit:
        assert await unit.asks.remove("ask-CP001") == ask()
        assert await unit.asks.remove("ask-CP001") is None
        await unit.commit()

    async with store.read() as reading:
        assert await reading.asks.of(CP001) == []
    changes = (await store.feed.since(0)).changes
    assert [(change.aggregate, change.key) for change in changes] == [(Aggregate.ASK, CP001)] * 2


async def test_a_life_cycle_withdraws_its_own_asks_alone(store: SqlStore) -> None:
    await add(store, ask(), ask(id="another's", lifecycle="other"))
    async with store.begin() as unit:
        await unit.asks.withdraw("renewal-CP001")
        await unit.commit()

    async with store.read() as reading:
        assert [each.id for each in await reading.asks.of(CP001)] == ["another's"]


async def test_asks_run_out(store: SqlStore) -> None:
    await add(store, ask(), ask("CP002", expires_at=NOON))

    async with store.read() as reading:
        assert [each.station for each in await reading.asks.expired(NOON, limit=10)] == [CP002]
        assert len(await reading.asks.expired(NOON + timedelta(days=8), limit=1)) == 1

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import issued_certificate
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.station import StationId
from voltward.ports.lifecycles import IssuedCertificate
from voltward.ports.storage import Conflict

DAY = timedelta(days=1)


async def save(store: SqlStore, *certificates: IssuedCertificate) -> list[IssuedCertificate]:
    async with store.begin() as unit:
        saved = [await unit.issued.save(each) for each in certificates]
        await unit.commit()
    return saved


async def test_a_certificate_is_found_by_order_fingerprint_key_and_station(store: SqlStore) -> None:
    mine, newer, servers = await save(
        store,
        issued_certificate(),
        issued_certificate(fingerprint=b"2" * 32, order="o2", issued_at=NOON + DAY),
        issued_certificate(None, serial=1),
    )

    async with store.read() as reading:
        issued = reading.issued
        assert await issued.by_order("order-CP001") == mine
        assert await issued.by_order("unknown") is None
        assert await issued.by_fingerprint(servers.fingerprint) == servers
        assert await issued.by_fingerprint(b"") is None
        assert await issued.beginning(newer.fingerprint.hex()[:5], limit=9) == [newer]
        assert await issued.beginning("ffff", limit=9) == []
        assert await issued.some([newer.fingerprint, b"", mine.fingerprint]) == [mine, newer]
        assert await issued.by_key(mine.key) == [mine, newer]
        assert await issued.of(StationId("CP001")) == [newer, mine]
        assert await issued.of(StationId("CP001", "acme")) == []


@pytest.mark.parametrize("same", ["order", "fingerprint"])
async def test_an_order_has_one_certificate(store: SqlStore, same: str) -> None:
    await save(store, issued_certificate())
    other = issued_certificate("CP002", **{same: getattr(issued_certificate(), same)})

    with pytest.raises(Conflict, match="already"):
        await save(store, other)


async def test_those_that_end_soonest_come_first_page_by_page(store: SqlStore) -> None:
    soon = [issued_certificate(f"CP{n}", not_after=NOON + (n // 2) * DAY) for n in range(6)]
    await save(store, *soon)
    async with store.begin() as unit:
        last = await unit.issued.by_order("order-CP5")
        assert last is not None
        await unit.issued.save(replace(last, revoked_at=NOON, reason="stolen"))
        await unit.commit()

    found: list[IssuedCertificate] = []
    async with store.read() as reading:
        while page := await reading.issued.expiring(
            NOON + 9 * DAY, limit=2, after=found[-1] if found else None
        ):
            found += page
        assert await reading.issued.expiring(NOON, limit=2) == []
    assert [each.order for each in found] == [
        each.order for each in sorted(soon[:5], key=lambda each: (each.not_after, each.fingerprint))
    ]


async def test_the_revoked_ones_come_in_pages_in_the_order_of_their_revocation(store: SqlStore) -> None:
    saved = await save(store, *(issued_certificate(f"CP00{number}") for number in range(5)))
    times = [NOON + DAY, NOON, NOON, NOON - DAY]
    revoked = await save(
        store, *(replace(one, revoked_at=at) for one, at in zip(saved[:4], times, strict=True))
    )

    found = list[IssuedCertificate]()
    async with store.read() as reading:
        while page := await reading.issued.revoked(NOON, limit=2, after=found[-1] if found else None):
            found += page
    assert found == [*sorted(revoked[1:3], key=lambda one: one.fingerprint), revoked[0]]


async def test_a_certificate_is_found_by_its_authority_and_number(store: SqlStore) -> None:
    (mine,) = await save(store, issued_certificate())

    async with store.read() as reading:
        assert await reading.issued.by_serial(mine.issuer, mine.serial) == mine
        assert await reading.issued.by_serial("another", mine.serial) is None
        assert await reading.issued.by_serial(mine.issuer, 1) is None


async def test_who_saves_what_has_moved_on_has_a_conflict(store: SqlStore) -> None:
    (mine,) = await save(store, issued_certificate())
    await save(store, replace(mine, revoked_at=NOON))

    with pytest.raises(Conflict, match="meanwhile"):
        await save(store, mine)

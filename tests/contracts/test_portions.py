"""A unit of work that was told what it will be asked answers as any other, and saves the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests.fakes.builders import (
    ask,
    certificate_credential,
    exception,
    issued_certificate,
    password_credential,
    renewal,
    station,
)
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.station import Model, StationId
from voltward.lifecycles.effects import IssueCertificate
from voltward.ports.change_feed import Aggregate
from voltward.ports.lifecycles import Errand, Lifecycle
from voltward.ports.storage import Ahead, Conflict, Reading, UnitOfWork

NAMES = ("CP001", "CP002", "CP003", "CP004")  # the last is nobody's
STEPS = 60
MODEL = Model("Volt", "One")
ISSUED = {name: issued_certificate(name) for name in NAMES}
FINGERPRINTS = [one.fingerprint for one in ISSUED.values()]
ANNOUNCED = Ahead(
    stations=[StationId(name) for name in NAMES],
    lifecycles=[f"renewal-{name}" for name in NAMES],
    orders=[one.order for one in ISSUED.values()],
    keys=[one.key for one in ISSUED.values()],
    certificates=FINGERPRINTS,
)
PARTLY = Ahead(stations=[StationId("CP001")], lifecycles=["renewal-CP002"], certificates=FINGERPRINTS[2:])


@pytest.fixture
async def full(store: SqlStore) -> SqlStore:
    """Two stations that have something, and one that has nothing."""
    async with store.begin() as work:
        for name in NAMES[:3]:
            await work.stations.save(station(name, model=MODEL))
        for name in NAMES[:2]:
            await work.credentials.save(certificate_credential(name))
            await work.credentials.save(password_credential(name))
            await work.exceptions.save(StationId(name), exception())
            await work.lifecycles.save(renewal(name))
            await work.asks.add(ask(name))
            await work.issued.save(ISSUED[name])
        await work.chain_forms.remember(MODEL, "with root", worked=True)
        await work.commit()
    return store


async def everything(reading: Reading) -> list[Any]:
    """All that may be announced, as the store has it."""
    found = list[Any]()
    for name in NAMES:
        who, record = StationId(name), ISSUED[name]
        found += [await reading.stations.get(who), list(await reading.credentials.of(who))]
        found += [list(await reading.exceptions.of(who)), list(await reading.asks.of(who))]
        found += [
            list(await reading.lifecycles.open_of(who)),
            await reading.lifecycles.get(f"renewal-{name}"),
        ]
        found += [await reading.issued.by_order(record.order), list(await reading.issued.by_key(record.key))]
        found += [await reading.issued.by_fingerprint(record.fingerprint)]
        found += [await reading.denials.get(record.fingerprint)]
        found += [list(await reading.credentials.by_fingerprint(record.fingerprint))]
    return [*found, list(await reading.chain_forms.of(MODEL))]


class Walk:
    """Steps by chance, the same for the same seed."""

    def __init__(self, work: UnitOfWork, seed: int) -> None:
        self.work = work
        self.chance = Random(seed)
        self.answers = list[Any]()
        self.count = 0

    async def run(self) -> None:
        ways: tuple[Callable[[str], Awaitable[Any]], ...] = (
            self.move_lifecycle,
            self.ask,
            self.unask,
            self.withdraw,
            self.renew_credential,
            self.add_credential,
            self.issue,
            self.except_,
            self.order,
            self.remember,
            self.deny,
            self.look,
        )
        for self.count in range(STEPS):
            self.answers.append(await self.chance.choice(ways)(self.chance.choice(NAMES[:3])))

    async def move_lifecycle(self, name: str) -> Lifecycle:
        """Begin, go on, or end."""
        known = await self.work.lifecycles.open_of(StationId(name))
        if not known:
            return await self.work.lifecycles.save(renewal(name, id=f"begun-{self.count}"))
        ends = NOON if self.chance.random() < 0.3 else None
        moved = replace(known[0], wake_at=NOON + timedelta(hours=self.count), ended_at=ends)
        return await self.work.lifecycles.save(moved)

    async def ask(self, name: str) -> None:
        """Once more, or anew."""
        whose = [one.id for one in await self.work.lifecycles.open_of(StationId(name))] or ["nobody"]
        await self.work.asks.add(ask(name, id=f"ask-{self.count % 20}-{name}", lifecycle=whose[0]))

    async def unask(self, name: str) -> Any:
        return await self.work.asks.remove(f"ask-{self.chance.randrange(20)}-{name}")

    async def withdraw(self, name: str) -> Any:
        for lifecycle in await self.work.lifecycles.open_of(StationId(name)):
            await self.work.asks.withdraw(lifecycle.id)
        return list(await self.work.asks.of(StationId(name)))

    async def renew_credential(self, name: str) -> Any:
        held = await self.work.credentials.of(StationId(name))
        if not held:
            return None
        chosen = self.chance.choice(held)
        return await self.work.credentials.save(replace(chosen, state=CredentialState.SUPERSEDED))

    async def add_credential(self, name: str) -> Any:
        proof = ClientCertificate(self.chance.choice(FINGERPRINTS), name, b"issuer")
        generation = 10 + self.count
        return await self.work.credentials.save(
            certificate_credential(name, proof=proof, generation=generation)
        )

    async def issue(self, name: str) -> Any:
        """The first of an order, or a change of it."""
        record = await self.work.issued.by_order(ISSUED[name].order)
        if record is None:
            return await self.work.issued.save(ISSUED[name])
        return await self.work.issued.save(replace(record, reason=f"step {self.count}"))

    async def except_(self, name: str) -> Any:
        if self.chance.random() < 0.5:
            return await self.work.exceptions.remove(StationId(name), "PWD-01")
        return await self.work.exceptions.save(StationId(name), exception())

    async def order(self, name: str) -> None:
        await self.work.errands.add(Errand(f"errand-{name}", "l", IssueCertificate(b"csr", 1), NOON))
        if self.chance.random() < 0.5:
            await self.work.errands.done(f"errand-{name}")

    async def remember(self, _name: str) -> None:
        form = self.chance.choice(("with root", "leaf alone"))
        await self.work.chain_forms.remember(MODEL, form, worked=self.chance.random() < 0.5)

    async def deny(self, name: str) -> None:
        await self.work.denials.add(
            DeniedCertificate(ISSUED[name].fingerprint, f"step {self.count}", NOON, name)
        )

    async def look(self, _name: str) -> Any:
        return await everything(self.work)


@pytest.mark.parametrize("ahead", [ANNOUNCED, PARTLY], ids=["all of it", "a part of it"])
async def test_what_was_announced_changes_no_answer_and_nothing_that_is_saved(
    full: SqlStore, ahead: Ahead
) -> None:
    for seed in range(4):
        told = list[Any]()
        for way in (None, ahead):
            async with full.begin() as work:
                if way is not None:
                    work.expect(way)
                walk = Walk(work, seed)
                await walk.run()
                due = await work.errands.lease("one", NOON, NOON + timedelta(hours=1), limit=9)
                told.append((walk.answers, await everything(work), due))
        assert told[0] == told[1], f"seed {seed}"


async def test_what_was_put_off_is_there_for_everybody_after_the_commit(full: SqlStore) -> None:
    async with full.begin() as work:
        work.expect(ANNOUNCED)
        walk = Walk(work, 7)
        await walk.run()
        expected = await everything(work)
        await work.commit()

    async with full.read() as reading:
        assert await everything(reading) == expected


async def test_what_is_left_without_a_commit_never_happened(full: SqlStore) -> None:
    async with full.read() as reading:
        before = await everything(reading)
    async with full.begin() as work:
        work.expect(ANNOUNCED)
        await Walk(work, 8).run()

    async with full.read() as reading:
        assert await everything(reading) == before


async def test_the_feed_tells_of_what_was_put_off(full: SqlStore) -> None:
    latest = await full.feed.latest()
    async with full.begin() as work:
        work.expect(ANNOUNCED)
        await work.credentials.save(certificate_credential("CP003"))
        await work.asks.add(ask("CP003"))
        await work.lifecycles.save(renewal("CP003"))
        await work.commit()

    changes = (await full.feed.since(latest)).changes
    assert {change.aggregate for change in changes} == {Aggregate.STATION, Aggregate.ASK, Aggregate.LIFECYCLE}
    assert {change.key for change in changes} == {StationId("CP003")}


async def test_what_the_store_refuses_is_told_at_the_commit_at_the_latest(full: SqlStore) -> None:
    """Two credentials of a station with the same generation."""
    async with full.begin() as work:
        work.expect(ANNOUNCED)
        await work.credentials.save(certificate_credential("CP003"))
        await work.credentials.save(certificate_credential("CP003", id="another"))
        with pytest.raises(Conflict):
            await work.commit()


async def test_who_was_overtaken_is_told_at_once(full: SqlStore) -> None:
    async with full.begin() as work:
        work.expect(ANNOUNCED)
        (known,) = await work.lifecycles.open_of(StationId("CP001"))
        await work.lifecycles.save(known)
        with pytest.raises(Conflict):
            await work.lifecycles.save(known)


async def test_a_reading_reads_ahead_and_saves_nothing(full: SqlStore) -> None:
    async with full.read() as reading:
        plain = await everything(reading)
    async with full.read() as reading:
        reading.expect(ANNOUNCED)
        assert await everything(reading) == plain

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.fakes.certificates import Authority, Validity
from tests.fakes.clock import FakeClock, SeededEntropy
from tests.fakes.stores import journalled
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.system_clock import SystemClock
from voltward.domain.authority import Binding, TrustedFor
from voltward.domain.errors import OutsideFault
from voltward.domain.revocation_list import ListRule, OnStale
from voltward.ports.revocation_lists import ListLook
from voltward.usecases.revocation.refresh_lists import FIRST_RETRY, ListDesk, ListTerms
from voltward.usecases.trust.trust_authority import TrustOrder, distrust_authority, trust_authority

CA = Authority.create("Partner CA")
URL = "http://pki.example/partner.crl"
HOUR = timedelta(hours=1)


@dataclass
class Web:
    """What lies at each address; an empty one is away."""

    pages: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: int = 0

    async def fetch(self, source: str) -> bytes:
        self.asked += 1
        if source not in self.pages:
            raise OutsideFault("it did not answer in 30 s.")
        return self.pages[source]


@dataclass
class Office:
    store: SqlStore
    web: Web
    clock: FakeClock
    desk: ListDesk

    async def trust(self, rule: ListRule | None) -> str:
        order = TrustOrder(CA.der, TrustedFor.STATIONS, Binding(), (), rule)
        return (await trust_authority(self.store, order, "ann", self.clock)).id

    async def work(self) -> int:
        """What is due; how many that were."""
        due = await self.desk.due()
        for one in due:
            await self.desk.refresh(one)
        return len(due)

    async def look(self) -> ListLook:
        async with self.store.read() as reading:
            (look,) = await reading.foreign_lists.looks()
        return look

    async def kinds(self) -> list[str]:
        return [event.kind for event in await journalled(self.store) if event.kind.startswith("authority_l")]


@pytest.fixture
def office(store: SqlStore) -> Office:
    web, clock = Web(), FakeClock(SystemClock().now())
    desk = ListDesk(store, web, ListTerms(HOUR), clock, SeededEntropy())
    return Office(store, web, clock, desk)


async def test_a_list_is_taken_once_and_looked_for_in_time(office: Office) -> None:
    authority = await office.trust(ListRule(URL))
    office.web.pages[URL] = CA.revocation_list(7, number=1)

    assert await office.work() == 1
    assert await office.work() == 0
    async with office.store.read() as reading:
        taken = await reading.foreign_lists.get(authority)
    assert taken is not None
    assert taken.numbers() == {"7"}
    office.clock.leap(HOUR.total_seconds())
    revision = await office.store.feed.latest()
    assert await office.work() == 1

    assert await office.store.feed.latest() == revision
    assert await office.kinds() == ["authority_list_taken"]
    office.web.pages[URL] = CA.revocation_list(7, 8, number=2)
    office.clock.leap(HOUR.total_seconds())
    await office.work()
    assert await office.kinds() == ["authority_list_taken", "authority_list_taken"]


async def test_the_next_one_is_looked_for_ahead_of_the_end(office: Office) -> None:
    await office.trust(ListRule(URL))
    office.web.pages[URL] = CA.revocation_list(validity=Validity.days(-1, 1 / 48))

    await office.work()

    look = await office.look()
    assert timedelta(minutes=9) < look.due_at - look.looked_at < timedelta(minutes=16)


async def test_what_cannot_be_had_is_tried_again_later_each_time_and_told_once(office: Office) -> None:
    await office.trust(ListRule(URL))
    pauses = list[timedelta]()
    for _ in range(9):
        await office.work()
        last = await office.look()
        pauses.append(last.due_at - last.looked_at)
        office.clock.leap(HOUR.total_seconds())

    look = await office.look()
    assert FIRST_RETRY * 0.75 <= pauses[0] <= FIRST_RETRY
    assert pauses[1] > pauses[0]
    assert max(pauses) <= HOUR
    assert (look.failures, "did not answer" in look.problem) == (9, True)
    assert await office.kinds() == ["authority_list_failed"]

    office.web.pages[URL] = CA.revocation_list()
    await office.work()
    assert (await office.look()).failures == 0
    assert (await office.kinds())[1:] == ["authority_list_taken", "authority_list_recovered"]


async def test_a_list_that_ends_is_told_once_and_stays_true(office: Office) -> None:
    authority = await office.trust(ListRule(URL, OnStale.REFUSE))
    office.web.pages[URL] = CA.revocation_list(7, validity=Validity.days(-1, 1 / 48))
    await office.work()
    for _ in range(3):
        office.clock.leap(HOUR.total_seconds())
        await office.work()

    assert await office.kinds() == ["authority_list_taken", "authority_list_ended"]
    async with office.store.read() as reading:
        assert await reading.foreign_lists.get(authority) is not None


async def test_an_older_list_and_a_strangers_change_nothing(office: Office) -> None:
    authority = await office.trust(ListRule(URL))
    office.web.pages[URL] = CA.revocation_list(7, number=5)
    await office.work()
    for bad in (CA.revocation_list(number=4), Authority.create("Partner CA").revocation_list(number=9)):
        office.web.pages[URL] = bad
        office.clock.leap(HOUR.total_seconds())
        await office.work()
        assert (await office.look()).problem

    async with office.store.read() as reading:
        taken = await reading.foreign_lists.get(authority)
    assert taken is not None
    assert taken.numbers() == {"7"}


async def test_another_source_is_looked_at_at_once_and_nobodys_never(office: Office) -> None:
    authority = await office.trust(ListRule(URL))
    await office.work()
    await office.trust(ListRule("/lists/partner.crl"))
    assert await office.work() == 1

    await office.trust(None)
    office.clock.leap(10 * HOUR.total_seconds())
    assert await office.work() == 0
    await office.trust(ListRule(URL))
    await distrust_authority(office.store, authority, "ann", office.clock)
    assert await office.work() == 0

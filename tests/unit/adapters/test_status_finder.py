from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.signers import hierarchy, list_of
from voltward.adapters.careful_http import Fetch
from voltward.adapters.status_finder import BURST, LISTS_AT_ONCE, FetchedStatus
from voltward.crypto.issuing.certificate_profiles import STATION
from voltward.crypto.issuing.issuance import CertificateOrder, IssuingAuthority, Subject, issue_certificate
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.crypto.revocation.revocation_lists import RevokedSerial
from voltward.domain.certificate_status import CertificateStatus, StatusAnswer, StatusQuestion, StatusSource
from voltward.domain.errors import OutsideFault
from voltward.domain.intents import HashAlgorithm
from voltward.domain.station import StationId

CP1 = StationId("CP001")
CA: IssuingAuthority = hierarchy().ecdsa.stations
LEAF = issue_certificate(
    STATION, CertificateOrder(Subject("SN", "CPO"), CA.key.public_key()), CA, NOON, CountedTokens()
)
NAME = certificate_hash(LEAF.public_bytes(Encoding.DER), CA.der, HashAlgorithm.SHA256)
REVOKED = RevokedSerial(LEAF.serial_number, NOON, "keyCompromise")


class Peer:
    """Gives out what stands under an address."""

    def __init__(self, **documents: bytes) -> None:
        self.documents = {f"https://{name}.example/": octets for name, octets in documents.items()}
        self.asked: list[Fetch] = []

    async def fetch(self, wanted: Fetch) -> bytes:
        self.asked.append(wanted)
        if wanted.url not in self.documents:
            raise OutsideFault("nobody there.")
        return self.documents[wanted.url]


def by_list(*hosts: str, scheme: str = "https") -> StatusQuestion:
    return StatusQuestion(NAME, StatusSource.CRL, tuple(f"{scheme}://{host}.example/" for host in hosts))


async def asked(peer: Peer, question: StatusQuestion, clock: FakeClock | None = None) -> StatusAnswer:
    (answer,) = await FetchedStatus(peer, clock or FakeClock()).find(CP1, [question])
    return answer


@pytest.mark.parametrize(
    ("entries", "status"), [((), CertificateStatus.GOOD), ((REVOKED,), CertificateStatus.REVOKED)]
)
async def test_a_list_says_whether_a_certificate_stands_on_it(
    entries: tuple[RevokedSerial, ...], status: CertificateStatus
) -> None:
    peer = Peer(second=list_of(CA, *entries))

    answer = await asked(peer, by_list("first", "second"))

    assert answer == StatusAnswer(status, NOON + timedelta(days=7))
    assert [fetch.url for fetch in peer.asked] == ["https://first.example/", "https://second.example/"]


async def test_the_list_of_somebody_else_an_old_one_and_an_open_way_say_nothing() -> None:
    peer = Peer(
        others=list_of(hierarchy().rsa.stations),
        old=list_of(CA, now=NOON - timedelta(days=8)),
        nonsense=b"no list",
    )

    answer = await asked(peer, by_list("others", "old", "nonsense"))
    assert answer.status is CertificateStatus.FAILED
    assert (await asked(peer, by_list("others", scheme="http"))).status is CertificateStatus.FAILED
    assert len(peer.asked) == 3


async def test_an_answer_is_kept_until_its_next_update() -> None:
    peer, clock = Peer(ca=list_of(CA)), FakeClock()
    finder = FetchedStatus(peer, clock)
    for _ in range(2):
        await finder.find(CP1, [by_list("ca")])
    assert len(peer.asked) == 1

    clock.leap(7 * 86400 + 1)
    (late,) = await finder.find(CP1, [by_list("ca")])
    assert late.status is CertificateStatus.FAILED
    assert len(peer.asked) == 2


async def test_a_station_asks_so_often_and_no_more() -> None:
    peer = Peer()
    finder = FetchedStatus(peer, FakeClock())
    for _ in range(2 * BURST):
        await finder.find(CP1, [by_list("nobody")])

    assert len(peer.asked) == BURST


class SlowPeer(Peer):
    """Answers when it may, and knows how many wait for it."""

    def __init__(self) -> None:
        super().__init__(ca=list_of(CA))
        self.may_answer = asyncio.Event()

    async def fetch(self, wanted: Fetch) -> bytes:
        found = await super().fetch(wanted)
        await self.may_answer.wait()
        return found


async def test_few_lists_are_held_at_a_time_however_many_stations_ask() -> None:
    peer = SlowPeer()
    finder = FetchedStatus(peer, FakeClock())
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(finder.find(StationId(f"CP{number}"), [by_list("ca")]))
        await asyncio.sleep(0)
        assert len(peer.asked) == LISTS_AT_ONCE
        peer.may_answer.set()

    assert len(peer.asked) == 20  # who waited had its turn

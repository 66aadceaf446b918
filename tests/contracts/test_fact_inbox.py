from __future__ import annotations

from tests.fakes.builders import certificate_credential
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.complaint import Complaint
from voltward.domain.credential import ClientCertificate, Purpose
from voltward.domain.intents import (
    AnchorUse,
    CertificateHash,
    CertificateUse,
    HashAlgorithm,
    InstalledCertificate,
    IntentAnswer,
    Outcome,
    Reading,
    ReadingTold,
)
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_fact import (
    AnchorMoved,
    AskAnswered,
    CameBack,
    CertificateFirstSeen,
    Complained,
    CsrRefused,
    CsrSubmitted,
    Proven,
)
from voltward.ports.change_feed import Aggregate
from voltward.ports.lifecycles import InboxFact

CP001 = StationId("CP001")
HASH = CertificateHash(HashAlgorithm.SHA256, "ab", "cd", "1f")
PROOF = certificate_credential().proof
assert isinstance(PROOF, ClientCertificate)
FACTS: tuple[InboxFact, ...] = (
    CsrSubmitted(CP001, NOON, "m1", "-----BEGIN", use=None, request_id=4, issuing_root=HASH),
    CsrSubmitted(CP001, NOON, "m2", "-----BEGIN", CertificateUse.COMBINED),
    AskAnswered(CP001, NOON, "ask", IntentAnswer(Outcome.REJECTED, "no")),
    AskAnswered(
        CP001,
        NOON,
        "ask",
        IntentAnswer(
            Outcome.ACCEPTED,
            installed=(InstalledCertificate(AnchorUse.V2G_CHAIN, HASH, (HASH,)),),
            readings=(ReadingTold(Reading.CHAIN_SIZE, "4000"),),
        ),
    ),
    CameBack(CP001, NOON, None),
    CameBack(CP001, NOON, b"\x01" * 32),
    AnchorMoved(CP001, NOON, None),
    Complained(CP001, NOON, Complaint.OUR_CERTIFICATE, "self signed"),
    CsrRefused(CP001, NOON, "its key has 1024 bits"),
    Proven(CP001, NOON, SecurityProfile.TLS_CERTIFICATE, fingerprint=b"\x01" * 32),
    CertificateFirstSeen(CP001, NOON, PROOF, Purpose.COMMISSIONING),
)


async def test_facts_come_back_as_they_were_in_their_order(store: SqlStore) -> None:
    async with store.begin() as unit:
        for fact in FACTS:
            await unit.inbox.add(fact)
        await unit.commit()

    async with store.read() as reading:
        assert [each.fact for each in await reading.inbox.next(limit=99)] == list(FACTS)
        assert len(await reading.inbox.next(limit=2)) == 2


async def test_what_was_dealt_with_is_gone_and_the_next_is_behind_all_others(store: SqlStore) -> None:
    async with store.begin() as unit:
        for fact in FACTS[:2]:
            await unit.inbox.add(fact)
        (first,) = await unit.inbox.next(limit=1)
        assert await unit.inbox.take([first.number])
        await unit.inbox.add(FACTS[2])
        await unit.commit()

    async with store.read() as reading:
        assert [each.fact for each in await reading.inbox.next(limit=9)] == [FACTS[1], FACTS[2]]


async def test_what_somebody_else_has_taken_is_told(store: SqlStore) -> None:
    async with store.begin() as unit:
        for fact in FACTS[:3]:
            await unit.inbox.add(fact)
        first, *others = [each.number for each in await unit.inbox.next(limit=3)]
        assert await unit.inbox.take([first])
        assert not await unit.inbox.take([first, *others])


async def test_the_feed_tells_that_there_is_work(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.inbox.add(FACTS[0])
        await unit.inbox.add(FACTS[1])
        await unit.commit()

    (change,) = (await store.feed.since(0)).changes
    assert (change.aggregate, change.key) == (Aggregate.LIFECYCLE, None)

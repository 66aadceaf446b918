from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from tests.fakes.clock import NOON, FakeClock
from tests.fakes.signers import SignerSite, authority_id, csr_of, hierarchy, order_of
from tests.fakes.stores import journalled
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.reading.certificates import fingerprint, read_certificate
from voltward.domain.station import StationId
from voltward.lifecycles.effects import RevokeCertificate
from voltward.ports.authority import Issued, Revocation, RevocationReason
from voltward.ports.lifecycles import IssuedCertificate
from voltward.ports.signer import AuthorityState, Signer
from voltward.usecases.revocation.level_revocations import (
    AGAIN,
    BACK,
    OVERLAP,
    Levelled,
    RevocationLevel,
    level_revocations,
)
from voltward.usecases.revocation.revoke_authority import revoke_authority
from voltward.usecases.revocation.revoke_certificates import RevocationOrder, revoke_certificates
from voltward.usecases.trust.trust_own_authorities import trust_own_authorities

CA = hierarchy().ecdsa.stations.certificate
ISSUER = authority_id(CA)
CHAIN = (hierarchy().named()["stations-ca-ecdsa"].der, hierarchy().named()["root-ecdsa"].der)
STOLEN = RevocationOrder("stolen", "cli:ann", RevocationReason.KEY_COMPROMISE)


@pytest.fixture
def site(tmp_path: Path) -> SignerSite:
    return SignerSite(tmp_path).make()


@asynccontextmanager
async def signer_of(site: SignerSite) -> AsyncIterator[Signer]:
    desk = site.desk()
    try:
        yield SignerClient(in_process(desk))
    finally:
        desk.close()


async def issued(signer: Signer, number: str = "1") -> IssuedCertificate:
    """A certificate of our own, as the store would have it."""
    chain = cast("Issued", await signer.issue(order_of(csr_of(), number))).chain
    seen = read_certificate(chain[0])
    serial = int(seen.serial_number, 16)
    return IssuedCertificate(
        seen.fingerprint, StationId("CP001"), number, ISSUER, serial, "SN", seen.not_before, seen.not_after,
        seen.fingerprint, tuple(chain), NOON,
    )  # fmt: skip


async def save(store: SqlStore, row: IssuedCertificate) -> None:
    async with store.begin() as work:
        await work.issued.save(row)
        await work.commit()


async def ledger(signer: Signer) -> list[tuple[int, RevocationReason]]:
    found = await signer.revocations(after=0, limit=100)
    return [(one.revocation.serial, one.revocation.reason) for one in found]


async def test_what_was_revoked_here_is_told_to_the_signer_once(store: SqlStore, site: SignerSite) -> None:
    async with signer_of(site) as signer:
        row = await issued(signer)
        await save(store, row)
        await revoke_certificates(store, [row.fingerprint], STOLEN, FakeClock(NOON))
        level = RevocationLevel()

        assert await level_revocations(store, signer, level, NOON) == Levelled(0, 1)
        assert await level_revocations(store, signer, level, NOON) == Levelled()
        assert await level_revocations(store, signer, RevocationLevel(), NOON) == Levelled()
        assert await ledger(signer) == [(row.serial, RevocationReason.KEY_COMPROMISE)]


async def test_what_is_new_is_seen_at_once_and_what_a_slow_clock_wrote_soon(
    store: SqlStore, site: SignerSite
) -> None:
    async with signer_of(site) as signer:
        rows = [await issued(signer, number) for number in "123"]
        for row in rows:
            await save(store, row)
        level, later = RevocationLevel(), NOON + BACK

        async def levelled(row: IssuedCertificate, ordered: datetime, now: datetime) -> Levelled:
            await revoke_certificates(store, [row.fingerprint], STOLEN, FakeClock(ordered))
            return await level_revocations(store, signer, level, now)

        assert await levelled(rows[0], NOON, NOON) == Levelled(0, 1)
        assert await level_revocations(store, signer, level, NOON) == Levelled()  # and has looked far back
        assert await levelled(rows[1], NOON + timedelta(seconds=1), NOON) == Levelled(0, 1)
        assert await levelled(rows[2], NOON - OVERLAP / 2, NOON) == Levelled()
        assert await level_revocations(store, signer, level, later) == Levelled(0, 1)


async def test_a_store_that_has_forgotten_learns_it_again(store: SqlStore, site: SignerSite) -> None:
    async with signer_of(site) as signer:
        forgotten, restored = await issued(signer, "1"), await issued(signer, "2")
        await save(store, restored)
        for row in (forgotten, restored):
            await signer.revoke(Revocation(ISSUER, row.serial, NOON, RevocationReason.KEY_COMPROMISE))

        assert await level_revocations(store, signer, RevocationLevel(), NOON) == Levelled(2, 0)
        assert await level_revocations(store, signer, RevocationLevel(), NOON) == Levelled()

    async with store.read() as reading:
        denied = {one.fingerprint: one.station for one in await reading.denials.all()}
        again = await reading.issued.by_fingerprint(restored.fingerprint)
    assert denied == {forgotten.fingerprint: "", restored.fingerprint: "CP001"}
    assert again is not None
    assert (again.revoked_at, again.reason) == (NOON, "keyCompromise")
    rows = [event for event in await journalled(store) if event.kind == "certificate_revoked"]
    assert [event.facts["again"] for event in rows] == [True, True]


async def test_a_ledger_that_was_put_back_is_told_again(
    store: SqlStore, site: SignerSite, tmp_path: Path
) -> None:
    async with signer_of(site) as signer:
        row = await issued(signer)
        await save(store, row)
    shutil.copytree(site.folder / "signer", tmp_path / "backup")
    level = RevocationLevel()
    await revoke_certificates(store, [row.fingerprint], STOLEN, FakeClock(NOON))
    async with signer_of(site) as signer:
        await level_revocations(store, signer, level, NOON)
    shutil.rmtree(site.folder / "signer")
    shutil.copytree(tmp_path / "backup", site.folder / "signer")

    async with signer_of(site) as signer:
        assert await level_revocations(store, signer, level, NOON) == Levelled()
        assert await level_revocations(store, signer, level, NOON + AGAIN) == Levelled(0, 1)
        assert len(await ledger(signer)) == 1


async def test_what_was_superseded_is_on_the_list_and_denied_to_nobody(
    store: SqlStore, site: SignerSite
) -> None:
    async with signer_of(site) as signer:
        row = await issued(signer)
        await save(store, row)
        await signer.revoke(Revocation(ISSUER, row.serial, NOON, RevocationReason.SUPERSEDED))

        assert await level_revocations(store, signer, RevocationLevel(), NOON) == Levelled(1, 0)
        assert await level_revocations(store, signer, RevocationLevel(), NOON) == Levelled()

    async with store.read() as reading:
        assert await reading.denials.all() == []


async def test_an_authority_that_was_revoked_signs_no_more_and_stays_so(
    store: SqlStore, site: SignerSite
) -> None:
    await trust_own_authorities(store, CHAIN[:1], "cli:ann", FakeClock(NOON))
    order = replace(STOLEN, reason=RevocationReason.CA_COMPROMISE)
    await revoke_authority(store, ISSUER, CHAIN, order, FakeClock(NOON))
    async with signer_of(site) as signer:
        assert await level_revocations(store, signer, RevocationLevel(), NOON) == Levelled(0, 1)
        told = {one.id: one for one in await signer.authorities()}
        assert told[ISSUER].state is AuthorityState.RETIRED
        assert told[fingerprint(CHAIN[1]).hex()].revoked == 1

        async with store.begin() as work:  # yesterday's store
            (trusted,) = await work.authorities.all()
            await work.authorities.save(replace(trusted, retired_at=None))
            await work.commit()
        assert await level_revocations(store, signer, RevocationLevel(), NOON) == Levelled(1, 0)

    async with store.read() as reading:
        (trusted,) = await reading.authorities.all()
    assert trusted.retired_at == NOON


async def test_what_others_have_issued_is_ordered_from_them_once(store: SqlStore, site: SignerSite) -> None:
    async with signer_of(site) as signer:
        row = replace(await issued(signer), issuer="0" * 64, revoked_at=NOON + timedelta(hours=1))
        await save(store, row)

        assert await level_revocations(store, signer, RevocationLevel(), NOON) == Levelled()
        later = NOON + AGAIN
        assert await level_revocations(store, signer, RevocationLevel(), later) == Levelled()
    async with store.begin() as work:
        (errand,) = await work.errands.lease("worker", later, later, limit=10)
    assert errand.effect == RevokeCertificate(row.fingerprint)

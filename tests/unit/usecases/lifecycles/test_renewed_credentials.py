from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import certificate_credential, issued_certificate, password_credential, station
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import ClientCertificate, Credential, CredentialState, Origin, Purpose
from voltward.domain.station import StationId
from voltward.lifecycles.effects import DiscardCertificate
from voltward.usecases.lifecycles.renewed_credentials import (
    await_certificate,
    certificate_before,
    discard_certificate,
    supersede_certificate,
    used_certificate,
)

CP001, CP002 = StationId("CP001"), StationId("CP002")
LEAF = issued_certificate().fingerprint


async def credentials(store: SqlStore) -> list[Credential]:
    async with store.read() as reading:
        return [c for c in await reading.credentials.of(CP001) if not c.is_password]


@pytest.fixture
async def stored(store: SqlStore) -> SqlStore:
    await put(store, station(), station("CP002"))
    async with store.begin() as work:
        await work.issued.save(issued_certificate())
        await work.commit()
    return store


async def test_an_issued_certificate_is_awaited_by_its_station_once(stored: SqlStore) -> None:
    await put(stored, certificate_credential(generation=4, proof=ClientCertificate(b"old", "", b"")))
    async with stored.begin() as work:
        await await_certificate(work, CP001, LEAF, "new")
        await await_certificate(work, CP001, LEAF, "again")
        await await_certificate(work, CP002, LEAF, "another's")
        await await_certificate(work, CP001, b"never issued", "nobody's")
        await work.commit()

    (_, new) = await credentials(stored)
    assert (new.id, new.state, new.generation) == ("new", CredentialState.PENDING, 5)
    assert (new.purpose, new.origin) == (Purpose.PRODUCTION, Origin.MADE)
    assert isinstance(new.proof, ClientCertificate)
    assert (new.proof.fingerprint, new.proof.pinned) == (LEAF, True)


async def test_what_is_superseded_opens_the_repair_lane_for_thirty_days(stored: SqlStore) -> None:
    await put(stored, certificate_credential())
    async with stored.begin() as work:
        await supersede_certificate(work, CP002, LEAF, NOON)
        await supersede_certificate(work, CP001, LEAF, NOON)
        await supersede_certificate(work, CP001, LEAF, NOON + timedelta(days=1))
        await work.commit()

    (old,) = await credentials(stored)
    assert (old.state, old.not_after) == (CredentialState.SUPERSEDED, NOON + timedelta(days=30))


async def test_what_ends_sooner_ends_as_before(stored: SqlStore) -> None:
    await put(stored, certificate_credential(not_after=NOON + timedelta(days=2)))
    async with stored.begin() as work:
        await supersede_certificate(work, CP001, LEAF, NOON)
        await work.commit()

    (old,) = await credentials(stored)
    assert old.not_after == NOON + timedelta(days=2)


async def test_what_nobody_holds_is_retired_denied_and_revoked(stored: SqlStore) -> None:
    await put(stored, certificate_credential())
    async with stored.begin() as work:
        await discard_certificate(work, CP001, DiscardCertificate(LEAF, "rejected"), NOON)
        await discard_certificate(work, CP001, DiscardCertificate(LEAF, "again"), NOON)
        await work.commit()

    (old,) = await credentials(stored)
    assert old.state is CredentialState.RETIRED
    async with stored.read() as reading:
        (denied,) = await reading.denials.all()
        issued = await reading.issued.by_fingerprint(LEAF)
    assert (denied.fingerprint, denied.reason) == (LEAF, "rejected")
    assert issued is not None
    assert issued.revoked_at == NOON


def test_the_certificate_that_opened_last_is_the_one_that_is_used() -> None:
    def held(fingerprint: bytes, hours: int, **changes: object) -> Credential:
        proof = ClientCertificate(fingerprint, "SN-CP001", b"")
        return replace(certificate_credential(proof=proof), last_in=NOON - timedelta(hours=hours), **changes)

    used = [held(b"yesterday", 24), held(b"lately", 1), password_credential()]
    over = [
        held(b"pending", 0, state=CredentialState.PENDING),
        held(b"factory", 0, purpose=Purpose.COMMISSIONING),
        held(b"ended", 0, not_after=NOON),
    ]

    assert used_certificate([*used, *over], NOON) == b"lately"
    assert used_certificate([password_credential(), *over], NOON) is None


def test_the_certificate_before_another_is_the_one_that_was_used_when_that_was_made() -> None:
    def held(
        fingerprint: bytes, generation: int, state: CredentialState = CredentialState.ACTIVE
    ) -> Credential:
        proof = ClientCertificate(fingerprint, "SN-1", b"issuer")
        return certificate_credential(generation=generation, proof=proof, state=state)

    older, new, newer = held(b"older", 1), held(b"new", 2), held(b"newer", 3)

    assert certificate_before([older, new, newer], b"new", NOON) == b"older"
    assert certificate_before([held(b"older", 1, CredentialState.SUPERSEDED), new], b"new", NOON) is None
    assert certificate_before([older, new], b"unknown", NOON) is None

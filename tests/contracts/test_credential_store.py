from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import certificate_credential, password_credential, station
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.sql.unit_of_work import SqlUnitOfWork
from voltward.domain.credential import (
    Argon2Hash,
    ClientCertificate,
    CredentialState,
    Origin,
    Password,
    PasswordForm,
    Purpose,
)
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.ports.storage import Conflict


@pytest.fixture
async def unit(store: SqlStore) -> AsyncIterator[SqlUnitOfWork]:
    async with store.begin() as unit:
        await unit.stations.save(station("CP001"))
        await unit.stations.save(station("CP002"))
        yield unit


async def test_a_machine_made_password_comes_back_as_it_was_saved(unit: SqlUnitOfWork) -> None:
    full = password_credential(
        purpose=Purpose.COMMISSIONING,
        state=CredentialState.SUPERSEDED,
        not_after=NOON + timedelta(hours=24),
        proven_at=NOON,
        last_form=PasswordForm.TEXT,
        origin=Origin.LEARNED,
    )
    await unit.credentials.save(full)

    assert await unit.credentials.of(full.station) == [replace(full, revision=1)]


async def test_a_human_password_and_a_pinned_certificate_come_back_as_well(unit: SqlUnitOfWork) -> None:
    hashed = Argon2Hash("$argon2id$v=19$...")
    human = password_credential(proof=Password(hashed, hexadecimal=False, length=9, default_of="a word"))
    pinned = certificate_credential(proof=ClientCertificate(b"f" * 32, "CP001", b"i" * 32, pinned=True))
    await unit.credentials.save(human)
    await unit.credentials.save(pinned)

    found = {each.id: each for each in await unit.credentials.of(StationId("CP001"))}
    assert found == {human.id: replace(human, revision=1), pinned.id: replace(pinned, revision=1)}


async def test_all_generations_are_listed_oldest_first_retired_ones_too(unit: SqlUnitOfWork) -> None:
    await unit.credentials.save(password_credential(generation=3))
    await unit.credentials.save(password_credential(generation=1, state=CredentialState.RETIRED))
    await unit.credentials.save(password_credential(generation=2))
    await unit.credentials.save(password_credential("CP002"))

    assert [each.generation for each in await unit.credentials.of(StationId("CP001"))] == [1, 2, 3]


async def test_everybodys_credentials_are_listed_at_once(unit: SqlUnitOfWork) -> None:
    for each in (
        password_credential("CP002"),
        password_credential("CP001", generation=2),
        password_credential("CP001"),
    ):
        await unit.credentials.save(each)

    found = await unit.credentials.all()
    assert [(each.station.identity, each.generation) for each in found] == [
        ("CP001", 1),
        ("CP001", 2),
        ("CP002", 1),
    ]
    assert [each for each in found if each.station.identity == "CP001"] == await unit.credentials.of(
        StationId("CP001")
    )


async def test_a_certificate_is_found_by_its_fingerprint_wherever_it_belongs(unit: SqlUnitOfWork) -> None:
    shared = ClientCertificate(b"f" * 32, "controller", b"i" * 32)
    await unit.credentials.save(certificate_credential("CP001", proof=shared))
    await unit.credentials.save(certificate_credential("CP002", proof=shared))

    found = await unit.credentials.by_fingerprint(b"f" * 32)
    assert [each.station.identity for each in found] == ["CP001", "CP002"]
    assert await unit.credentials.by_fingerprint(b"g" * 32) == []


async def test_stations_that_share_a_secret_are_found(unit: SqlUnitOfWork) -> None:
    await unit.credentials.save(password_credential("CP001", sharing_digest=b"same"))
    await unit.credentials.save(password_credential("CP002", sharing_digest=b"same"))

    found = await unit.credentials.sharing(b"same", limit=9)
    assert [each.station.identity for each in found] == ["CP001", "CP002"]
    assert len(await unit.credentials.sharing(b"same", limit=1)) == 1


async def test_a_retired_password_is_shared_with_nobody(unit: SqlUnitOfWork) -> None:
    await unit.credentials.save(
        password_credential("CP001", sharing_digest=b"same", state=CredentialState.RETIRED)
    )

    assert await unit.credentials.sharing(b"same", limit=9) == []


async def test_credentials_without_a_sharing_digest_share_nothing(unit: SqlUnitOfWork) -> None:
    await unit.credentials.save(password_credential("CP001", sharing_digest=b""))

    assert await unit.credentials.sharing(b"", limit=9) == []


async def test_whoever_saves_an_old_revision_meets_a_conflict(unit: SqlUnitOfWork) -> None:
    old = await unit.credentials.save(password_credential())
    await unit.credentials.save(replace(old, state=CredentialState.RETIRED))

    with pytest.raises(Conflict, match="CP001"):
        await unit.credentials.save(replace(old, proven_at=NOON))


async def test_two_credentials_cannot_be_the_same_generation_of_one_kind(unit: SqlUnitOfWork) -> None:
    await unit.credentials.save(password_credential(generation=2))
    await unit.credentials.save(certificate_credential(generation=2))  # another kind counts for itself

    with pytest.raises(Conflict):
        await unit.credentials.save(password_credential(generation=2, id="another"))


async def test_a_credential_needs_its_station(unit: SqlUnitOfWork) -> None:
    with pytest.raises(OperatorFault, match="belongs to something that the store does not have") as caught:
        await unit.credentials.save(password_credential("CP404"))
    assert not isinstance(caught.value, Conflict)


async def test_a_certificate_may_bear_any_name(store: SqlStore) -> None:
    credential = certificate_credential()
    assert isinstance(credential.proof, ClientCertificate)
    odd = replace(credential, proof=replace(credential.proof, common_name="SN\x001\udcff"))
    async with store.begin() as unit:
        await unit.stations.save(station())
        await unit.credentials.save(odd)
        (found,) = await unit.credentials.of(odd.station)
        await unit.commit()

    assert isinstance(found.proof, ClientCertificate)
    assert found.proof.common_name == "SN\\x001\\udcff"

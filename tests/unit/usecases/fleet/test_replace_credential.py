from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import certificate_credential, password_credential, station
from tests.fakes.certificates import self_signed
from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys
from voltward.domain.credential import (
    Argon2Hash,
    ClientCertificate,
    Credential,
    CredentialState,
    KeyedDigest,
    Password,
    Purpose,
)
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import Standing, StationId
from voltward.usecases.fleet.enroll_station import Enrolled
from voltward.usecases.fleet.replace_credential import (
    OLD_PASSWORD,
    CredentialOrder,
    replace_credential,
)

KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
LEAF = self_signed("SN-0001")


async def give(store: SqlStore, clock: FakeClock, identity: str = "CP001", **order: Any) -> Enrolled:
    ordered = CredentialOrder(StationId(identity), "cli:ann", **order)
    return await replace_credential(store, ordered, KEYS, clock, SeededEntropy(7))


async def held(store: SqlStore) -> list[Credential]:
    return list((await entry_of(store)).credentials)


async def test_a_made_password_is_told_once_and_waits_for_its_proof(
    store: SqlStore, clock: FakeClock
) -> None:
    await put(store, station(), password_credential(proven_at=NOON))
    given = await give(store, clock)
    old, new = await held(store)
    assert given.password is not None
    assert isinstance(new.proof, Password)
    assert isinstance(new.proof.verifier, KeyedDigest)
    assert (new.state, new.generation) == (CredentialState.PENDING, old.generation + 1)


async def test_a_proven_password_opens_the_repair_lane_for_a_day(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), password_credential(proven_at=NOON))
    await give(store, clock)
    old, _ = await held(store)
    assert old.state is CredentialState.SUPERSEDED
    assert old.not_after == clock.now() + OLD_PASSWORD


async def test_a_password_that_was_never_used_ends_at_once(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), password_credential(proven_at=None))
    await give(store, clock)
    old, _ = await held(store)
    assert old.state is CredentialState.RETIRED


async def test_a_commissioning_password_waits_for_the_proof_of_the_new_one(
    store: SqlStore, clock: FakeClock
) -> None:
    await put(store, station(), password_credential(purpose=Purpose.COMMISSIONING))
    await give(store, clock)
    old, new = await held(store)
    assert (old.state, new.state) == (CredentialState.ACTIVE, CredentialState.PENDING)


async def test_an_end_that_was_set_is_not_moved_further_away(store: SqlStore, clock: FakeClock) -> None:
    sooner = clock.now() + OLD_PASSWORD / 2
    await put(store, station(), password_credential(proven_at=NOON, not_after=sooner))
    await give(store, clock)
    old, _ = await held(store)
    assert old.not_after == sooner


async def test_a_password_that_people_made_is_hashed_slowly_and_not_told_back(
    store: SqlStore, clock: FakeClock
) -> None:
    await put(store, station(), password_credential())
    given = await give(store, clock, password=Secret(b"correct horse battery"))
    new = (await held(store))[-1]
    assert given.password is None
    assert isinstance(new.proof, Password)
    assert isinstance(new.proof.verifier, Argon2Hash)


async def test_a_pinned_certificate_leaves_passwords_alone(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), password_credential(proven_at=NOON), certificate_credential(proven_at=NOON))
    await give(store, clock, certificate=LEAF.der)
    credentials = await held(store)
    by_kind = {c.is_password: c for c in credentials if c.state is CredentialState.ACTIVE}
    pinned = next(c for c in credentials if c.state is CredentialState.PENDING)
    superseded = next(c for c in credentials if c.state is CredentialState.SUPERSEDED)
    assert list(by_kind) == [True]
    assert isinstance(pinned.proof, ClientCertificate)
    assert pinned.proof.pinned
    assert superseded.not_after == clock.now() + timedelta(days=30)


async def test_a_certificate_that_somebody_holds_is_refused(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), password_credential())
    await give(store, clock, certificate=LEAF.der)
    with pytest.raises(OperatorFault, match="belongs to CP001"):
        await give(store, clock, certificate=LEAF.der)


async def test_two_credentials_at_once_are_refused(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), password_credential())
    with pytest.raises(OperatorFault, match="one credential at a time"):
        await give(store, clock, certificate=LEAF.der, password=Secret(b"correct horse battery"))


async def test_a_retired_station_gets_none(store: SqlStore, clock: FakeClock) -> None:
    await put(store, replace(station(), standing=Standing.RETIRED), password_credential())
    with pytest.raises(OperatorFault, match="retired for good"):
        await give(store, clock)


async def test_the_order_is_journalled_without_the_password(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), password_credential())
    given = await give(store, clock)
    event = (await journalled(store))[-1]
    assert (event.kind, event.actor, event.subject) == ("credential_replaced", "cli:ann", "CP001")
    assert given.password is not None
    assert given.password.reveal().decode() not in str(event)

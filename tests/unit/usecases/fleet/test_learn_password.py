from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.builders import password_credential, station
from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.passwords.argon2id import FOR_TESTS, matches_argon2
from voltward.crypto.passwords.passwords import PasswordKeys, sharing_of
from voltward.domain.credential import (
    Argon2Hash,
    Credential,
    CredentialState,
    Origin,
    Password,
)
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, StationId
from voltward.usecases.fleet.learn_password import Doubt, Lesson, learn_password
from voltward.usecases.fleet.new_credential import NewPassword, proof_of
from voltward.usecases.fleet.weak_passwords import GRACE, SHARED, SHIPPED, SHORT

KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
SHOWN = Secret(b"correct horse battery")


async def learn(
    store: SqlStore, clock: FakeClock, text: Secret = SHOWN, identity: str = "CP001"
) -> Event | Doubt | None:
    async def hashed(new: NewPassword) -> Password:
        return proof_of(new, KEYS)

    lesson = Lesson(StationId(identity), text, NOON)
    return await learn_password(store, lesson, hashed, KEYS, clock, SeededEntropy(int(identity[-1])))


def known(**changes: Any) -> Credential:
    return password_credential(**changes)


async def test_what_the_csms_took_is_kept_as_a_slow_hash(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station())
    event = await learn(store, clock)
    (credential,) = (await entry_of(store)).credentials
    assert isinstance(event, Event)
    assert await journalled(store) == [event]
    assert (event.kind, event.actor, event.facts["weak"]) == ("password_learnt", "gateway", ())
    assert (credential.origin, credential.state) == (Origin.LEARNED, CredentialState.ACTIVE)
    assert credential.proven_at is None  # the CSMS took it; it has not proven itself here
    assert isinstance(credential.proof, Password)
    assert isinstance(credential.proof.verifier, Argon2Hash)
    assert matches_argon2(SHOWN.reveal(), credential.proof.verifier)
    assert SHOWN.reveal().decode() not in repr(event)


async def test_the_same_password_is_learnt_once(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station())
    await learn(store, clock)
    assert await learn(store, clock) is None
    assert len((await entry_of(store)).credentials) == 1


async def test_a_list_that_was_wrong_is_corrected(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), known(state=CredentialState.PENDING, origin=Origin.IMPORTED))
    assert isinstance(await learn(store, clock), Event)
    assert [c.generation for c in (await entry_of(store)).credentials] == [1, 2]


@pytest.mark.parametrize(
    "held", [known(proven_at=NOON), known(origin=Origin.LEARNED)], ids=["proven", "learnt"]
)
async def test_a_second_password_says_something_about_the_csms(
    store: SqlStore, clock: FakeClock, held: Credential
) -> None:
    await put(store, station(), held)
    doubt = await learn(store, clock)
    assert isinstance(doubt, Doubt)
    assert "does it compare them at all?" in doubt.reason
    assert len((await entry_of(store)).credentials) == 1


@pytest.mark.parametrize(
    "record",
    [
        {"standing": Standing.RETIRED},
        {"profile": SecurityProfile.TLS_CERTIFICATE},
        {"recommissioned_at": NOON},
        {"identity": "CP002"},
    ],
)
async def test_who_has_nothing_to_learn_is_left_alone(
    store: SqlStore, clock: FakeClock, record: dict[str, Any]
) -> None:
    await put(store, station(**record))
    assert await learn(store, clock) is None
    assert await journalled(store) == []


async def test_a_retired_password_does_not_come_back(store: SqlStore, clock: FakeClock) -> None:
    gone = known(state=CredentialState.RETIRED, sharing_digest=sharing_of(KEYS, SHOWN))
    await put(store, station(), gone)
    assert await learn(store, clock) is None


@pytest.mark.parametrize("text", [b"", b"x" * 65])
async def test_a_password_that_no_station_can_have_is_doubted(
    store: SqlStore, clock: FakeClock, text: bytes
) -> None:
    await put(store, station())
    assert isinstance(await learn(store, clock, Secret(text)), Doubt)


async def test_weak_ones_come_with_dated_exceptions(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), station("CP002"))
    for identity in ("CP001", "CP002"):
        await learn(store, clock, Secret(b"12345678"), identity)
    for identity in ("CP001", "CP002"):
        exceptions = (await entry_of(store, identity)).exceptions
        assert {e.control for e in exceptions} == {SHORT, SHIPPED, SHARED}
        assert {(e.owner, e.until) for e in exceptions} == {("gateway", clock.now() + GRACE)}


async def test_whoever_gives_a_password_meanwhile_was_first(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station())

    async def slowly(new: NewPassword) -> Password:
        await put(store, replace(known(proven_at=NOON), origin=Origin.GIVEN))
        return proof_of(new, KEYS)

    lesson = Lesson(StationId("CP001"), SHOWN, NOON)
    came = await learn_password(store, lesson, slowly, KEYS, clock, SeededEntropy())
    assert isinstance(came, Doubt)
    assert len((await entry_of(store)).credentials) == 1

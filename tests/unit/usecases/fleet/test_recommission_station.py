from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import certificate_credential, password_credential, station
from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, canonical_octets, matches_digest
from voltward.domain.credential import (
    ClientCertificate,
    CredentialState,
    KeyedDigest,
    Origin,
    Password,
    Purpose,
)
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Latch, Standing, StationId
from voltward.usecases.fleet.recommission_station import Recommissioned, Recommissioning, recommission_station

KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
CP1 = StationId("CP001")
P1, P2, P3 = SecurityProfile
UNTIL = NOON + timedelta(days=14)


async def renew(store: SqlStore, clock: FakeClock, **order: Any) -> Recommissioned:
    ordered = Recommissioning(CP1, "cli:ann", "board swapped", **{"until": UNTIL, **order})
    return await recommission_station(store, ordered, KEYS, clock, SeededEntropy(3))


async def test_what_the_old_hardware_had_ends_and_its_certificates_are_denied(
    store: SqlStore, clock: FakeClock
) -> None:
    gone = certificate_credential(state=CredentialState.RETIRED, generation=1)
    old = certificate_credential(
        generation=2, proof=ClientCertificate(b"o" * 32, "SN-CP001", b"i" * 32), proven_at=NOON
    )
    await put(store, station(profile=P3, floor=P3), gone, old, password_credential(proven_at=NOON))
    done = await renew(store, clock)
    entry = await entry_of(store)
    *before, new = sorted(entry.credentials, key=lambda c: (c.origin is Origin.MADE, c.generation))
    assert {c.state for c in before} == {CredentialState.RETIRED}
    assert done.retired == 2
    assert isinstance(gone.proof, ClientCertificate)
    assert set(done.denied) == {gone.proof.fingerprint, b"o" * 32}
    async with store.read() as work:
        denied = {d.fingerprint: (d.reason, d.station) for d in await work.denials.all()}
    assert denied[b"o" * 32] == ("recommissioned: board swapped", "CP001")
    assert (new.purpose, new.state, new.generation, new.not_after) == (
        Purpose.COMMISSIONING,
        CredentialState.PENDING,
        2,
        UNTIL,
    )
    assert not entry.has_proven_credential


async def test_the_password_that_is_told_is_the_one_that_is_kept(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station())
    done = await renew(store, clock)
    (kept,) = (await entry_of(store)).credentials
    assert isinstance(kept.proof, Password)
    assert isinstance(kept.proof.verifier, KeyedDigest)
    read = canonical_octets(done.password.reveal(), kept.proof.hexadecimal)
    assert read is not None
    assert matches_digest(KEYS.digest, CP1, read[0], kept.proof.verifier)


async def test_the_floor_stays_and_an_allowance_opens_the_lower_profile_for_a_while(
    store: SqlStore, clock: FakeClock
) -> None:
    await put(store, station(profile=P3, floor=P3, latch=Latch(P3), known_sources=("192.0.2.0/24",)))
    record = (await renew(store, clock)).station
    assert (record.floor, record.profile, record.latch, record.known_sources) == (P3, P3, None, ())
    assert record.allowance is not None
    assert (record.allowance.profile, record.allowance.until) == (P2, UNTIL)
    assert (record.allowance.owner, record.allowance.reason) == ("cli:ann", "board swapped")
    assert (record.standing, record.recommissioned_at) == (Standing.COMMISSIONING, NOON)


async def test_no_allowance_is_needed_on_the_floor(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station())
    assert (await renew(store, clock)).station.allowance is None


@pytest.mark.parametrize(
    ("order", "serial"),
    [({}, "SN-CP001"), ({"new_serial": "SN-NEW"}, "SN-NEW"), ({"learn_serial": True}, None)],
)
async def test_the_serial_is_kept_bound_or_to_be_learnt(
    store: SqlStore, clock: FakeClock, order: dict[str, Any], serial: str | None
) -> None:
    await put(store, station())
    assert (await renew(store, clock, **order)).station.serial == serial


async def test_a_quarantine_that_was_ordered_stays(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(standing=Standing.QUARANTINED, note="stolen"))
    record = (await renew(store, clock)).station
    assert (record.standing, record.note) == (Standing.QUARANTINED, "stolen")


@pytest.mark.parametrize(
    ("record", "order", "words"),
    [
        ({}, {"new_serial": "SN-A", "learn_serial": True}, "given and to be learnt"),
        ({}, {"profile": P3}, "with a password"),
        ({}, {"until": NOON}, "lies in the past"),
        ({"standing": Standing.RETIRED}, {}, "retired for good"),
        ({"profile": P1, "floor": P1}, {}, "lower than 2"),
        ({}, {"new_serial": "SN-CP002"}, "belongs to CP002"),
    ],
)
async def test_what_contradicts_itself_is_refused_and_nothing_has_happened(
    store: SqlStore, clock: FakeClock, record: dict[str, Any], order: dict[str, Any], words: str
) -> None:
    await put(store, station(**record), station("CP002"), password_credential())
    before = await entry_of(store)
    with pytest.raises(OperatorFault, match=words):
        await renew(store, clock, **order)
    assert await entry_of(store) == before
    assert await journalled(store) == []


async def test_the_journal_tells_it_without_the_password(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station(), certificate_credential())
    done = await renew(store, clock, new_serial="SN-NEW")
    (event,) = await journalled(store)
    assert (event.kind, event.actor, event.subject) == ("station_recommissioned", "cli:ann", "CP001")
    assert (event.facts["old_serial"], event.facts["serial"]) == ("SN-CP001", "SN-NEW")
    assert event.facts["denied"] == tuple(f.hex() for f in done.denied)
    assert done.password.reveal().decode() not in repr(event)

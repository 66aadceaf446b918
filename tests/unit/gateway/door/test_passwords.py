from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import certificate_credential, password_credential, station
from tests.fakes.clock import NOON
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, password_proof, sharing_of
from voltward.crypto.passwords.verified_cache import VerifiedCache
from voltward.detection.guessing import GuessingLimits, GuessingThrottle, Rate
from voltward.detection.sources import Source
from voltward.domain.credential import (
    Argon2Hash,
    Credential,
    CredentialState,
    Password,
    PasswordForm,
    Purpose,
)
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.gateway.door.passwords import Login, PasswordDoor, PasswordMatch, refreshed
from voltward.ocpp import DIALECTS
from voltward.rulebook.observation import PasswordOutcome, PasswordSeen
from voltward.usecases.admission.admission_registry import StationEntry

CP1 = StationId("CP001")
HOME, ELSEWHERE = Source("192.0.2.7"), Source("203.0.113.9")
KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
MADE = b"00112233445566778899aabbccddeeff00112233"
CHOSEN = b"correct horse battery"
V16, V201 = DIALECTS["ocpp1.6"], DIALECTS["ocpp2.0.1"]


def made(text: bytes = MADE, **changes: Any) -> Credential:
    """A password that we made, kept as a keyed digest."""
    proof = password_proof(KEYS, CP1, Secret(text), machine_made=True)
    return password_credential(proof=proof, **changes)


def chosen(text: bytes = CHOSEN, **changes: Any) -> Credential:
    """A password of people, hashed slowly."""
    return password_credential(proof=password_proof(KEYS, CP1, Secret(text), machine_made=False), **changes)


def entry(*credentials: Credential) -> StationEntry:
    return StationEntry(station(), credentials)


class Bench:
    """A password door with a small ration, and what it was asked with."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.cache = VerifiedCache(Secret(b"c" * 32))
        limits = GuessingLimits(
            costly_per_identity=Rate(3, 1), costly_per_source=Rate(3, 1), costly_per_pair=Rate(2, 1)
        )
        self.guessing = GuessingThrottle(limits, 0.0)
        self.door = PasswordDoor(KEYS, self.cache, self.guessing, pool, workers=1)

    async def ask(
        self, known: StationEntry | None, password: bytes, dialects: tuple[Any, ...] = (V16,), **changes: Any
    ) -> PasswordMatch:
        login = Login(
            changes.get("identity", "CP001"),
            changes.get("source", HOME),
            Secret(password),
            dialects,
            NOON,
            changes.get("now", 0.0),
        )
        return await self.door.compare(known, login)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ThreadPoolExecutor(2) as pool:
        yield Bench(pool)


@pytest.mark.parametrize(
    ("presented", "form"),
    [
        (MADE, PasswordForm.TEXT),
        (MADE.upper(), PasswordForm.TEXT),
        (bytes.fromhex(MADE.decode()), PasswordForm.OCTETS),
    ],
)
async def test_both_forms_of_a_made_password_match_and_the_form_is_told(
    bench: Bench, presented: bytes, form: PasswordForm
) -> None:
    match = await bench.ask(entry(made()), presented)

    assert (match.seen.outcome, match.seen.form, match.seen.length) == (PasswordOutcome.MATCHED, form, 20)
    assert match.credential == made()
    assert (match.seen.minimum, match.seen.maximum) == (16, 20)


async def test_a_dialect_that_knows_text_only_takes_no_octets(bench: Bench) -> None:
    octets = bytes.fromhex(MADE.decode())

    assert (await bench.ask(entry(made()), octets, (V201,))).seen.outcome is PasswordOutcome.WRONG
    assert (await bench.ask(entry(made()), MADE, (V201,))).seen.outcome is PasswordOutcome.MATCHED
    assert (await bench.ask(entry(made()), octets, (V201, V16))).seen.outcome is PasswordOutcome.MATCHED
    assert (await bench.ask(entry(made()), octets, ())).seen.outcome is PasswordOutcome.MATCHED


async def test_a_made_password_of_another_station_is_wrong(bench: Bench) -> None:
    elsewhere = made(station=StationId("CP002"))

    assert (await bench.ask(entry(elsewhere), MADE)).seen.outcome is PasswordOutcome.WRONG


@pytest.mark.parametrize("known", [None, entry(), entry(certificate_credential())])
async def test_where_nothing_can_match_the_answer_is_the_same_wrong(
    bench: Bench, known: StationEntry | None
) -> None:
    match = await bench.ask(known, MADE)

    assert match == PasswordMatch(PasswordSeen(PasswordOutcome.WRONG, length=len(MADE)))
    assert match == await bench.ask(entry(made(b"f" * 40)), MADE)


async def test_a_chosen_password_is_looked_at_slowly_once_and_then_remembered(bench: Bench) -> None:
    known = entry(chosen())
    for _ in range(20):  # many more than the ration
        match = await bench.ask(known, CHOSEN)
        assert (match.seen.outcome, match.credential) == (PasswordOutcome.MATCHED, known.credentials[0])
    assert len(bench.cache) == 1


async def test_a_fleet_that_comes_after_a_restart_waits_for_no_slow_hash(bench: Bench) -> None:
    sharing = sharing_of(KEYS, Secret(CHOSEN))
    for n in range(20):  # many more than the ration, and nothing is remembered yet
        known = entry(chosen(sharing_digest=sharing, id=f"credential-{n}"))
        match = await bench.ask(known, CHOSEN)
        assert (match.seen.outcome, match.credential) == (PasswordOutcome.MATCHED, known.credentials[0])
    assert len(bench.cache) == 0


async def test_a_sharing_digest_of_another_rooms_key_leaves_it_to_the_slow_hash(bench: Bench) -> None:
    elsewhere = PasswordKeys(KEYS.digest, Secret(b"o" * 32), FOR_TESTS)
    known = entry(chosen(sharing_digest=sharing_of(elsewhere, Secret(CHOSEN))))

    assert (await bench.ask(known, CHOSEN)).seen.outcome is PasswordOutcome.MATCHED
    assert (await bench.ask(known, b"correct horse batterY")).seen.outcome is PasswordOutcome.WRONG
    assert len(bench.cache) == 1


async def test_guesses_at_a_chosen_password_are_rationed_and_then_not_even_looked_at(bench: Bench) -> None:
    known = entry(chosen())

    outcomes = [(await bench.ask(known, b"guess %d" % number)).seen.outcome for number in range(6)]

    assert outcomes == [PasswordOutcome.WRONG] * 3 + [PasswordOutcome.UNVERIFIED] * 3
    assert (await bench.ask(known, CHOSEN, source=ELSEWHERE)).seen.outcome is PasswordOutcome.UNVERIFIED


async def test_a_station_that_succeeded_before_has_a_lane_that_guesses_cannot_use_up(bench: Bench) -> None:
    known = entry(chosen())
    bench.guessing.succeeded(HOME, "CP001", 0.0)
    for number in range(50):
        await bench.ask(known, b"guess %d" % number, source=Source(f"198.51.100.{number}"))

    match = await bench.ask(known, CHOSEN, source=HOME)

    assert match.seen.outcome is PasswordOutcome.MATCHED


async def test_a_station_that_succeeded_before_does_not_wait_for_guesses(bench: Bench) -> None:
    known, order = entry(chosen()), list[bytes]()
    bench.guessing.succeeded(HOME, "CP001", 0.0)

    async def ask(password: bytes, source: Source) -> None:
        await bench.ask(known, password, source=source)
        order.append(password)

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(ask(b"guess %d" % number, ELSEWHERE))
        group.create_task(ask(CHOSEN, HOME))

    assert order.index(CHOSEN) < 2  # the worker of the guesses takes them one after the other


async def test_a_made_password_is_compared_however_many_guesses_there_were(bench: Bench) -> None:
    known = entry(made())
    for number in range(50):
        assert (await bench.ask(known, b"%040x" % number)).seen.outcome is PasswordOutcome.WRONG

    assert (await bench.ask(known, MADE)).seen.outcome is PasswordOutcome.MATCHED


async def test_guesses_at_unknown_identities_use_up_nobodys_ration(bench: Bench) -> None:
    for number in range(50):
        await bench.ask(None, b"guess", identity=f"X{number}")

    assert (await bench.ask(entry(chosen()), CHOSEN)).seen.outcome is PasswordOutcome.MATCHED


async def test_a_remembered_password_fits_no_more_when_the_hash_is_another(bench: Bench) -> None:
    await bench.ask(entry(chosen()), CHOSEN)

    match = await bench.ask(entry(chosen(b"quite another secret")), CHOSEN)

    assert match.seen.outcome is PasswordOutcome.WRONG


async def test_the_current_password_is_preferred_to_its_predecessor(bench: Bench) -> None:
    old = made(generation=1, state=CredentialState.SUPERSEDED)
    new = made(generation=2, state=CredentialState.ACTIVE)
    pending = made(generation=3, state=CredentialState.PENDING)

    match = await bench.ask(entry(old, pending, new), MADE)

    assert match.credential == new
    assert (await bench.ask(entry(old, pending), MADE)).credential == pending


async def test_a_superseded_password_matches_and_is_told_as_that(bench: Bench) -> None:
    old = made(state=CredentialState.SUPERSEDED, not_after=NOON, purpose=Purpose.COMMISSIONING)

    seen = (await bench.ask(entry(old), MADE)).seen

    assert (seen.outcome, seen.state, seen.usable, seen.purpose) == (
        PasswordOutcome.MATCHED,
        CredentialState.SUPERSEDED,
        False,
        Purpose.COMMISSIONING,
    )


async def test_a_retired_password_matches_nothing(bench: Bench) -> None:
    for retired in (made(state=CredentialState.RETIRED), chosen(state=CredentialState.RETIRED)):
        assert (await bench.ask(entry(retired), MADE)).seen.outcome is PasswordOutcome.WRONG


async def test_comparing_does_not_stop_the_loop(bench: Bench) -> None:
    known = entry(chosen())
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(tick())
        await bench.ask(known, b"a wrong one")
        ticking.cancel()
    assert ticks > 1


async def test_a_damaged_hash_is_a_fault_of_the_store_and_no_verdict(bench: Bench) -> None:
    damaged = password_credential(
        proof=Password(Argon2Hash("$argon2id$broken"), hexadecimal=False, length=21)
    )

    with pytest.raises(OutsideFault, match="damaged"):
        await bench.ask(entry(damaged), CHOSEN)


# -- the same password later


SEEN = PasswordSeen(
    PasswordOutcome.MATCHED,
    PasswordForm.TEXT,
    20,
    16,
    20,
    Purpose.PRODUCTION,
    CredentialState.ACTIVE,
    usable=True,
)


def test_a_superseded_row_is_seen_on_a_live_link() -> None:
    later = made(state=CredentialState.SUPERSEDED, not_after=NOON + timedelta(hours=1))

    seen = refreshed(SEEN, made(), later, NOON)
    ended = refreshed(SEEN, made(), later, NOON + timedelta(hours=1))

    assert seen is not None
    assert (seen.state, seen.usable, seen.form) == (CredentialState.SUPERSEDED, True, PasswordForm.TEXT)
    assert ended is not None
    assert not ended.usable


@pytest.mark.parametrize("later", [None, made(b"f" * 40)])
def test_a_password_whose_row_is_gone_or_another_is_wrong_by_now(later: Credential | None) -> None:
    assert refreshed(SEEN, made(), later, NOON) == PasswordSeen(PasswordOutcome.WRONG)


def test_where_no_password_opened_nothing_changes() -> None:
    assert refreshed(None, None, None, NOON) is None
    assert refreshed(SEEN, None, made(), NOON) is SEEN
    assert refreshed(SEEN, certificate_credential(), None, NOON) is SEEN

"""CP001 exists three times: each tenant's is a station of its own at the door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.arrivals import DIGEST_KEY, HOME, MadeDoor, arrival
from tests.fakes.builders import password_credential, station
from tests.fakes.clock import FakeClock
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, password_proof, sharing_of
from voltward.domain.enforcement import Answer
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.gateway.door.judging import Judgement
from voltward.usecases.admission.admission_registry import StationEntry

KEYS = PasswordKeys(DIGEST_KEY, Secret(b"h" * 32), FOR_TESTS)
TENANTS = ("default", "north", "south")
PASSWORDS = dict(zip(TENANTS, (b"a password of people", b"1" * 40, b"2" * 40), strict=True))


@pytest.fixture
def made() -> Iterator[MadeDoor]:
    """Three stations CP001 behind one door, each with its own password."""
    door = MadeDoor(FakeClock(SystemClock().now()))
    for tenant, password in PASSWORDS.items():
        put(door, StationId("CP001", tenant), password)
    yield door
    door.close()


def put(made: MadeDoor, key: StationId, password: bytes) -> None:
    proof = password_proof(KEYS, key, Secret(password), machine_made=password.isdigit())
    own = {"id": str(key), "station": key, "sharing_digest": sharing_of(KEYS, Secret(password))}
    row = password_credential(key.identity, proof=proof, **own)
    made.registry.put_station(StationEntry(station(key.identity, tenant=key.tenant), (row,)))


async def judged(made: MadeDoor, tenant: str, password: bytes, identity: str = "CP001") -> Judgement:
    came = arrival(identity, password=password, tenant=tenant, at=made.clock.now())
    return await made.door.judge(came)


async def test_each_password_opens_its_own_tenants_station_and_no_other(made: MadeDoor) -> None:
    for _ in range(2):  # the second time, a slow hash is answered from memory
        for tenant in TENANTS:
            for whose, password in PASSWORDS.items():
                judgement = await judged(made, tenant, password)
                assert (judgement.decision.answer is Answer.ADMIT) == (tenant == whose)
                assert judgement.station == StationId("CP001", tenant)


async def test_a_decision_is_told_about_the_tenants_station(made: MadeDoor) -> None:
    for tenant in TENANTS:
        made.door.report(await judged(made, tenant, PASSWORDS[tenant]), "c1")

    assert [event.subject for event in made.journal.events] == ["CP001", "north/CP001", "south/CP001"]


async def test_a_live_link_follows_the_record_of_its_own_tenant(made: MadeDoor) -> None:
    links = {tenant: await judged(made, tenant, PASSWORDS[tenant]) for tenant in TENANTS}

    made.registry.drop_station(StationId("CP001", "north"))

    answers = {tenant: made.door.judge_again(link).decision.answer for tenant, link in links.items()}
    assert answers == {"default": Answer.ADMIT, "north": Answer.REFUSE, "south": Answer.ADMIT}


async def test_letter_case_collides_within_a_tenant_alone(made: MadeDoor) -> None:
    put(made, StationId("cp002", "north"), b"3" * 40)

    north, south = [await judged(made, tenant, b"3" * 40, "CP002") for tenant in ("north", "south")]

    assert north.observation.collides_with == "north/cp002"
    assert south.observation.collides_with is None


async def test_guesses_at_one_tenants_station_do_not_slow_the_others(made: MadeDoor) -> None:
    for _ in range(8):
        wrong = await judged(made, "north", b"wrong")
        made.door.refused(wrong.arrival, failed=True)

    elsewhere = [arrival(source=type(HOME)("198.51.100.9"), tenant=tenant) for tenant in TENANTS]

    delays = [made.door.refused(came, failed=False) for came in elsewhere]
    assert delays[1] > delays[0] == delays[2]


async def test_slow_hashes_are_rationed_to_each_tenants_station_apart(made: MadeDoor) -> None:
    for number in range(60):
        source = type(HOME)(f"198.51.100.{number}")
        made.guessing.may_verify_costly(source, "north/CP001", made.clock.monotonic())

    assert (await judged(made, "default", PASSWORDS["default"])).decision.answer is Answer.ADMIT

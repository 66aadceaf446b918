from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.arrivals import DIGEST_KEY, MadeDoor, arrival
from tests.fakes.builders import password_credential, station
from tests.fakes.clock import FakeClock
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, password_proof
from voltward.domain.enforcement import Answer
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.gateway.door.judging import Judgement
from voltward.usecases.admission.admission_registry import StationEntry

KEYS = PasswordKeys(DIGEST_KEY, Secret(b"h" * 32), FOR_TESTS)
RIGHT, WRONG = b"00112233445566778899aabbccddeeff00112233", b"f" * 40


@pytest.fixture
def made() -> Iterator[MadeDoor]:
    door = MadeDoor(FakeClock(SystemClock().now()))
    proof = password_proof(KEYS, StationId("CP001"), Secret(RIGHT), machine_made=True)
    door.registry.put_station(StationEntry(station(), (password_credential(proof=proof),)))
    yield door
    door.close()


async def judged(made: MadeDoor, password: bytes | None = RIGHT, user: str | None = None) -> Judgement:
    return await made.door.judge(arrival(password=password, user=user, at=made.clock.now()))


async def test_another_user_name_is_compared_while_observed(made: MadeDoor) -> None:
    made.observe()

    judgement = await judged(made, user="CP002")

    assert judgement.decision.deciding is not None
    assert (judgement.decision.answer, judgement.decision.deciding.control) == (Answer.ADMIT, "ID-04")


async def test_who_is_indulged_gets_no_reserved_lane_and_no_profile_without_a_proof(made: MadeDoor) -> None:
    made.observe("default", "192.0.2.0/24")
    wrong, silent = await judged(made, WRONG), await judged(made, None)
    now = made.clock.monotonic()
    while made.guessing.may_verify_costly(wrong.arrival.source, "CP001", now):
        pass  # until the ration is used up

    made.door.succeeded(wrong)

    assert silent.decision.is_indulged
    assert (silent.profile, silent.credential_words) == (None, "none")
    assert not made.guessing.may_verify_costly(wrong.arrival.source, "CP001", now)


async def test_when_observing_ends_a_live_station_is_judged_as_if_it_came_now(made: MadeDoor) -> None:
    made.observe()
    wrong, right = await judged(made, WRONG), await judged(made)

    made.clock.leap(31 * 86_400)

    assert made.door.judge_again(wrong).decision.answer is Answer.REFUSE
    assert made.door.judge_again(right).decision.answer is Answer.ADMIT

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.arrivals import BOOK, DIGEST_KEY, MadeDoor, arrival, trusted
from tests.fakes.builders import denied_certificate, exception, password_credential, station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import FakeClock
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, password_proof
from voltward.detection.sources import Source
from voltward.domain.credential import ClientCertificate, Credential, CredentialState, PasswordForm
from voltward.domain.enforcement import Action, Answer, Policy
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, Standing, StationId
from voltward.gateway.door.judging import Judgement, ends_by_date, is_guess
from voltward.gateway.door.observe import Arrival
from voltward.gateway.settings import GatewaySettings
from voltward.rulebook.observation import PasswordOutcome
from voltward.usecases.admission.admission_registry import StationEntry

KEYS = PasswordKeys(DIGEST_KEY, Secret(b"h" * 32), FOR_TESTS)
CP1 = StationId("CP001")
RIGHT, WRONG = b"00112233445566778899aabbccddeeff00112233", b"f" * 40
P1, P2, P3 = SecurityProfile
ROOT = MadeAuthority.create("Station CA")
LEAF = ROOT.issue("SN-CP001", "Example CPO")


def row(**changes: Any) -> Credential:
    proof = password_proof(KEYS, CP1, Secret(RIGHT), machine_made=True)
    return password_credential(**{"proof": proof, **changes})


@pytest.fixture
def made() -> Iterator[MadeDoor]:
    door = MadeDoor(FakeClock(SystemClock().now()))
    yield door
    door.close()


def enter(made: MadeDoor, *credentials: Credential, **record: Any) -> None:
    exceptions = record.pop("exceptions", ())
    made.registry.put_station(StationEntry(station(**record), credentials, exceptions))


def knock(made: MadeDoor, password: bytes | None = RIGHT, **changes: Any) -> Arrival:
    return arrival(changes.pop("identity", "CP001"), password=password, at=made.clock.now(), **changes)


async def judged(made: MadeDoor, password: bytes | None = RIGHT, **changes: Any) -> Judgement:
    return await made.door.judge(knock(made, password, **changes))


def control_of(judgement: Judgement) -> str | None:
    return judgement.decision.deciding.control if judgement.decision.deciding is not None else None


# -- judging


async def test_a_right_password_opens_and_its_row_comes_with_the_judgement(made: MadeDoor) -> None:
    enter(made, row())

    judgement = await judged(made)

    assert (judgement.decision.answer, judgement.profile, judgement.station) == (Answer.ADMIT, P2, CP1)
    assert (judgement.credential, judgement.form) == (row(), PasswordForm.TEXT)
    assert judgement.credential_words == "password (text)"
    assert not is_guess(judgement)


@pytest.mark.parametrize(
    ("identity", "password", "control"),
    [
        ("CP001", WRONG, "AUTH-02"),
        ("CP001", None, "AUTH-01"),
        ("CP002", RIGHT, "ID-02"),
        ("CP002", None, "ID-02"),
        ("cp001", RIGHT, "ID-03"),
    ],
)
async def test_whatever_is_wrong_the_answer_from_outside_is_the_same(
    made: MadeDoor, identity: str, password: bytes | None, control: str
) -> None:
    enter(made, row())

    judgement = await judged(made, password, identity=identity)

    assert (judgement.decision.answer, control_of(judgement)) == (Answer.REFUSE, control)
    assert made.door.status_of(judgement.decision) == 401
    assert is_guess(judgement)
    assert made.door.refused(judgement.arrival, failed=True) == 0.5


async def test_an_unknown_station_is_404_only_where_that_is_set(made: MadeDoor) -> None:
    enter(made, row())
    told = made.settled(GatewaySettings(unknown_station_status=404))

    assert told.status_of((await judged(made, identity="CP002")).decision) == 404
    assert told.status_of((await judged(made, WRONG)).decision) == 401


async def test_a_station_that_speaks_nothing_we_know_is_told_so(made: MadeDoor) -> None:
    enter(made, row())

    judgement = await judged(made, protocols=("mqtt",))

    assert (control_of(judgement), made.door.status_of(judgement.decision)) == ("WS-01", 400)


async def test_a_password_of_two_stations_quarantines_them_until_an_exception(made: MadeDoor) -> None:
    enter(made, row(proven_at=made.clock.now()))
    alone = await judged(made)
    other = password_credential("CP002", sharing_digest=row().sharing_digest)
    made.registry.put_station(StationEntry(station("CP002"), (other,)))

    shared = await judged(made)
    again = made.door.judge_again(alone)
    until = made.clock.now() + timedelta(days=1)
    enter(made, row(proven_at=made.clock.now()), exceptions=(exception("AUTH-11", until=until),))

    assert alone.decision.answer is Answer.ADMIT
    for judgement in (shared, again):
        assert (control_of(judgement), judgement.decision.lane) == ("AUTH-11", Lane.REPAIR)
    assert (await judged(made)).decision.answer is Answer.ADMIT


async def test_another_user_name_is_not_even_compared(made: MadeDoor) -> None:
    enter(made, row())

    judgement = await judged(made, user="CP002")

    assert judgement.decision.answer is Answer.REFUSE
    assert judgement.observation.password is None


async def test_another_user_name_is_compared_where_an_exception_takes_it(made: MadeDoor) -> None:
    alias = exception("ID-04", until=made.clock.now() + timedelta(days=1))
    enter(made, row(), exceptions=(alias,))

    judgement = await judged(made, user="CP002")

    assert judgement.observation.password is not None
    assert judgement.observation.password.outcome is PasswordOutcome.MATCHED
    assert judgement.decision.excepted == ("ID-04",)


async def test_the_groups_policy_softens_what_may_be_softened(made: MadeDoor) -> None:
    mild = MadeDoor(made.clock, {"site-a": Policy("site-a", {"ID-04": Action.RECORD})})
    try:
        mild.registry.put_station(StationEntry(station(group="site-a"), (row(),)))

        judgement = await mild.door.judge(knock(mild, user="CP002"))

        assert judgement.decision.answer is Answer.ADMIT
    finally:
        mild.close()


async def test_a_certificate_opens_with_the_row_that_it_has_or_without(made: MadeDoor) -> None:
    made.registry.set_authorities([trusted(ROOT)])
    enter(made, profile=P3, floor=P3)

    first = await judged(made, None, leaf=LEAF, root=ROOT)

    assert (first.decision.answer, first.credential) == (Answer.ADMIT, None)
    assert (first.credential_words, first.fingerprint) == ("certificate", LEAF.fingerprint)
    held = password_credential(proof=ClientCertificate(LEAF.fingerprint, "SN-CP001", b""))
    enter(made, held, profile=P3, floor=P3)
    assert (await judged(made, None, leaf=LEAF, root=ROOT)).credential == held


async def test_a_password_never_replaces_the_certificate_of_profile_3(made: MadeDoor) -> None:
    enter(made, row(), profile=P3, floor=P3)

    judgement = await judged(made)

    assert judgement.decision.answer is Answer.REFUSE
    assert not is_guess(judgement)  # the password is right, the profile is not


async def test_a_password_decides_beside_a_certificate_that_nobody_asked_for(made: MadeDoor) -> None:
    made.registry.set_authorities([trusted(ROOT)])
    enter(made, row())

    judgement = await judged(made, leaf=LEAF, root=ROOT)

    assert (judgement.decision.answer, judgement.profile) == (Answer.ADMIT, P2)
    assert judgement.fingerprint == LEAF.fingerprint  # and is on record


async def test_an_ordered_quarantine_leads_into_its_lane(made: MadeDoor) -> None:
    proven = row(proven_at=made.clock.now())
    enter(made, proven, standing=Standing.QUARANTINED, quarantine_lane=None)

    judgement = await judged(made)

    assert (judgement.decision.answer, judgement.decision.lane) == (Answer.QUARANTINE, Lane.REPAIR)


async def test_without_an_identity_there_is_nobody_to_be_judged(made: MadeDoor) -> None:
    judgement = await made.door.judge(arrival(None, password=RIGHT, at=made.clock.now()))

    assert (judgement.decision.answer, judgement.entry) == (Answer.REFUSE, None)


# -- judging again


async def test_a_revoked_certificate_is_refused_when_its_link_is_judged_again(made: MadeDoor) -> None:
    made.registry.set_authorities([trusted(ROOT)])
    enter(made, profile=P3, floor=P3)
    before = await judged(made, None, leaf=LEAF, root=ROOT)
    made.registry.set_denials([denied_certificate(fingerprint=LEAF.fingerprint)])

    after = made.door.judge_again(before)

    assert (after.decision.answer, control_of(after)) == (Answer.REFUSE, "CERT-04")


async def test_a_certificate_gets_its_row_when_its_link_is_judged_again(made: MadeDoor) -> None:
    made.registry.set_authorities([trusted(ROOT)])
    enter(made, profile=P3, floor=P3)
    before = await judged(made, None, leaf=LEAF, root=ROOT)
    held = password_credential(proof=ClientCertificate(LEAF.fingerprint, "SN-CP001", b""))
    enter(made, held, profile=P3, floor=P3)

    assert made.door.judge_again(before).credential == held


@pytest.mark.parametrize(
    ("after", "answer"),
    [
        ({"credentials": (row(state=CredentialState.RETIRED),)}, Answer.REFUSE),
        ({"credentials": ()}, Answer.REFUSE),
        ({"credentials": (row(),), "standing": Standing.RETIRED}, Answer.REFUSE),
        ({"credentials": (row(),), "standing": Standing.QUARANTINED}, Answer.QUARANTINE),
        ({"credentials": (row(generation=1), row(generation=2, id="another"))}, Answer.ADMIT),
    ],
)
async def test_a_live_password_link_follows_its_record(
    made: MadeDoor, after: dict[str, Any], answer: Answer
) -> None:
    enter(made, row())
    before = await judged(made)
    enter(made, *after.pop("credentials"), **after)

    assert made.door.judge_again(before).decision.answer is answer


async def test_a_station_that_is_gone_is_refused_on_its_live_link(made: MadeDoor) -> None:
    enter(made, row())
    before = await judged(made)
    made.registry.drop_station(CP1)

    after = made.door.judge_again(before)

    assert (after.decision.answer, control_of(after), after.credential) == (Answer.REFUSE, "ID-02", None)


async def test_an_exception_ends_on_a_live_link_too(made: MadeDoor) -> None:
    alias = exception("ID-04", until=made.clock.now() + timedelta(hours=1))
    enter(made, row(), exceptions=(alias,))
    before = await judged(made, user="CP002")
    made.clock.leap(3600)

    assert made.door.judge_again(before).decision.answer is Answer.REFUSE


async def test_a_judgement_stands_while_the_registry_stands_still(made: MadeDoor) -> None:
    enter(made, row())
    judgement = await judged(made)

    assert made.door.still(judgement) is judgement
    made.registry.drop_station(CP1)
    made.registry.revision += 1
    assert made.door.still(judgement).decision.answer is Answer.REFUSE


# -- guessing


async def test_answers_to_failures_grow_slower_and_are_never_faster_than_half_a_second(
    made: MadeDoor,
) -> None:
    enter(made, row())
    came = knock(made, WRONG)

    delays = [made.door.refused(came, failed=True) for _ in range(12)]

    assert delays[:5] == [0.5] * 5
    assert delays == sorted(delays)
    assert delays[-1] == 8.0


async def test_what_is_no_guess_is_answered_as_late_and_not_counted(made: MadeDoor) -> None:
    came = knock(made)

    assert [made.door.refused(came, failed=False) for _ in range(12)] == [0.5] * 12


async def test_another_source_is_slowed_for_the_identity_alone(made: MadeDoor) -> None:
    for number in range(12):
        made.door.refused(knock(made, WRONG, source=Source(f"198.51.100.{number}")), failed=True)

    assert made.door.refused(knock(made, WRONG, identity="CP009"), failed=True) == 0.5
    assert made.door.refused(knock(made, WRONG), failed=True) > 0.5


async def test_a_right_password_is_let_in_while_thousands_guess(made: MadeDoor) -> None:
    enter(made, row())
    for number in range(2000):
        made.door.refused(
            knock(made, WRONG, source=Source(f"10.{number // 256}.{number % 256}.1")), failed=True
        )

    assert (await judged(made)).decision.answer is Answer.ADMIT


async def test_a_success_keeps_the_reserved_lane_open(made: MadeDoor) -> None:
    enter(made, row(proof=password_proof(KEYS, CP1, Secret(RIGHT), machine_made=False)))
    judgement = await judged(made)

    made.door.succeeded(judgement)

    for number in range(100):
        made.guessing.may_verify_costly(Source(f"198.51.100.{number}"), "CP001", made.clock.monotonic())
    assert made.guessing.may_verify_costly(judgement.arrival.source, "CP001", made.clock.monotonic())


async def test_whoever_needs_no_slow_hash_takes_no_place_among_the_reserved_lanes(made: MadeDoor) -> None:
    enter(made, row())

    made.door.succeeded(await judged(made))

    assert len(made.guessing) == 0


# -- reporting


async def test_a_decision_is_reported_with_the_form_of_the_credential_and_never_the_secret(
    made: MadeDoor,
) -> None:
    enter(made, row())

    made.door.report(await judged(made), "c1", subprotocol="ocpp1.6")

    (event,) = made.journal.events
    assert (event.kind, event.facts["credential"], event.facts["connection"]) == (
        "station_admitted",
        "password (text)",
        "c1",
    )
    assert RIGHT.decode() not in repr(event)


async def test_a_refused_station_has_shown_no_credential(made: MadeDoor) -> None:
    enter(made, row())

    made.door.report(await judged(made, WRONG), "c1")

    assert made.journal.events[0].facts["credential"] is None


def test_the_controls_that_the_door_names_are_in_the_rulebook() -> None:
    assert {"ID-02", "WS-01", "ID-04"} <= set(BOOK.by_id)


async def test_a_link_is_looked_at_again_once_its_certificate_is_over() -> None:
    made = MadeDoor(FakeClock(SystemClock().now()))
    root = MadeAuthority.create("Station CA")
    leaf = root.issue("SN-CP001", "Example CPO")
    judgement = await made.door.judge(arrival(leaf=leaf, root=root, at=made.clock.now()))
    made.close()
    chain = judgement.observation.chain
    assert chain is not None

    assert not ends_by_date(judgement, chain.leaf.not_after)
    assert ends_by_date(judgement, chain.leaf.not_after + timedelta(seconds=1))

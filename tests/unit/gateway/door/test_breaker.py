from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.arrivals import BOOK, MadeDoor, arrival, trusted
from tests.fakes.builders import certificate_credential, station, trip
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.certificates import Issued
from tests.fakes.clock import FakeClock
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.credential import ClientCertificate
from voltward.domain.enforcement import Answer
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.door.judging import Door, Judgement
from voltward.gateway.settings import BreakerSettings, GatewaySettings
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.wire.offered_chain import ChainVerifier

ROOT = MadeAuthority.create("Station CA")
SETTINGS = GatewaySettings(breaker=BreakerSettings(least=2))
P3 = SecurityProfile.TLS_CERTIFICATE


@pytest.fixture
def made() -> Iterator[MadeDoor]:
    door = MadeDoor(FakeClock(SystemClock().now()))
    yield door
    door.close()


def proven(made: MadeDoor, identity: str) -> Issued:
    """A registered station whose certificate was in an hour ago."""
    leaf = ROOT.issue(f"SN-{identity}", "Example CPO")
    proof = ClientCertificate(fingerprint(leaf.der), f"SN-{identity}", fingerprint(ROOT.der))
    at = made.clock.now() - timedelta(hours=1)
    credential = certificate_credential(identity, proof=proof, created_at=at, proven_at=at, last_in=at)
    made.registry.put_station(StationEntry(station(identity, profile=P3, floor=P3), (credential,)))
    return leaf


async def knock(made: MadeDoor, door: Door, identity: str, leaf: Issued, root: bool = False) -> Judgement:
    came = arrival(identity, leaf=leaf, root=ROOT if root else None, at=made.clock.now())
    return await door.judge(came)


async def test_from_the_least_number_on_last_verdicts_are_kept_and_somebody_is_called(
    made: MadeDoor,
) -> None:
    first, second = proven(made, "CP1"), proven(made, "CP2")
    door = made.settled(SETTINGS)

    answers = [(await knock(made, door, *who)).decision for who in (("CP1", first), ("CP2", second))]

    assert [(d.answer, d.kept) for d in answers] == [(Answer.REFUSE, False), (Answer.ADMIT, True)]
    assert (await knock(made, door, "CP1", first)).decision.kept
    assert door.breaker.held == ("CERT-02",)
    assert list(door.breaker.last_kept) == ["CERT-02"]
    (event,) = made.journal.events
    assert (event.kind, event.subject, event.facts["refused"]) == ("breaker_tripped", "CERT-02", 2)


async def test_strangers_trip_nothing_and_gain_nothing_when_it_holds(made: MadeDoor) -> None:
    first, second = proven(made, "CP1"), proven(made, "CP2")
    door = made.settled(SETTINGS)

    for number in range(20):
        forged = ROOT.issue(f"SN-CP{number % 2 + 1}", "Example CPO")
        assert not (await knock(made, door, f"CP{number % 2 + 1}", forged)).decision.kept
    assert door.breaker.held == ()

    await knock(made, door, "CP1", first)
    await knock(made, door, "CP2", second)
    assert door.breaker.held == ("CERT-02",)
    assert (await knock(made, door, "CP2", first)).decision.answer is Answer.REFUSE
    assert (await knock(made, door, "CP3", first)).decision.answer is Answer.REFUSE


async def test_links_that_live_make_the_share_smaller(made: MadeDoor) -> None:
    first, second = proven(made, "CP1"), proven(made, "CP2")
    door = made.settled(SETTINGS)
    door.breaker.count_links = lambda: 100

    for who in (("CP1", first), ("CP2", second)):
        assert (await knock(made, door, *who)).decision.answer is Answer.REFUSE

    assert door.breaker.held == ()
    assert not door.breaker.surges("CERT-02")


async def test_a_change_that_would_end_many_links_trips_it_before_they_end(made: MadeDoor) -> None:
    made.registry.set_authorities([trusted(ROOT)])
    leaves = {name: proven(made, name) for name in ("CP1", "CP2")}
    door = made.settled(SETTINGS)
    links = [await knock(made, door, name, leaf, root=True) for name, leaf in leaves.items()]
    assert all(link.decision.answer is Answer.ADMIT for link in links)

    made.registry.set_authorities([])
    door.breaker.foreseen([door.without_breaker(link).refusal for link in links], len(links))

    again = [door.judge_again(link) for link in links]
    assert [(link.decision.answer, link.decision.kept) for link in again] == [(Answer.ADMIT, True)] * 2


async def test_whoever_was_kept_is_in_by_right_when_the_anchors_are_whole_again(made: MadeDoor) -> None:
    leaf = proven(made, "CP1")
    made.registry.set_trips([trip(known_since=made.clock.now() - timedelta(days=7))])
    door = made.settled(SETTINGS)
    link = await knock(made, door, "CP1", leaf)
    assert link.decision.kept

    made.registry.set_authorities([trusted(ROOT)])
    made.verifier.verifier = ChainVerifier([ROOT.certificate_pem])

    again = door.judge_again(link.with_entry(None))  # as a link keeps it
    assert (again.decision.answer, again.decision.kept) == (Answer.ADMIT, False)


async def test_what_was_released_is_refused_and_does_not_trip_anew(made: MadeDoor) -> None:
    leaves = {name: proven(made, name) for name in ("CP1", "CP2", "CP3")}
    made.registry.set_trips([trip(released_at=made.clock.now())])
    door = made.settled(SETTINGS)

    for name, leaf in leaves.items():
        assert (await knock(made, door, name, leaf)).decision.answer is Answer.REFUSE

    assert (door.breaker.held, made.journal.events) == ((), [])
    assert door.breaker.surges("CERT-02")


@pytest.mark.parametrize("years", [-20, 20])
async def test_a_clock_that_is_wrong_from_the_start_makes_nobody_a_stranger(
    made: MadeDoor, years: int
) -> None:
    leaves = {name: proven(made, name) for name in ("CP1", "CP2")}
    made.clock.set(made.clock.now() + timedelta(days=365 * years))
    door = made.settled(SETTINGS)

    decisions = [(await knock(made, door, name, leaf)).decision for name, leaf in leaves.items()]

    assert decisions[-1].kept
    (held,) = door.breaker.trips.values()
    assert replace(held, known_since=held.at).control in BOOK.leaning


# -- our own clock


async def test_a_clock_that_jumps_puts_nobody_out_who_is_known(made: MadeDoor) -> None:
    made.registry.set_authorities([trusted(ROOT)])
    leaf = proven(made, "CP1")
    made.verifier.verifier = ChainVerifier([ROOT.certificate_pem])
    stranger = ROOT.issue("SN-CP2", "Example CPO")
    made.registry.put_station(StationEntry(station("CP2", profile=P3, floor=P3)))
    door = made.settled(SETTINGS)

    for jump in (timedelta(days=3650), timedelta(days=-3650)):
        before = made.clock.now()
        made.clock.set(before + jump)
        known = await knock(made, door, "CP1", leaf, root=True)
        unknown = await knock(made, door, "CP2", stranger, root=True)

        assert (known.decision.answer, known.decision.kept) == (Answer.ADMIT, True)
        assert door.judge_again(known).decision.kept
        assert unknown.decision.answer is Answer.REFUSE
        made.clock.set(before)
        assert door.breaker.clock.look(before, made.clock.monotonic())
        assert not (await knock(made, door, "CP1", leaf, root=True)).decision.kept


async def test_who_came_in_since_the_very_first_start_is_known_when_the_clock_jumps(made: MadeDoor) -> None:
    made.registry.set_authorities([trusted(ROOT)])
    made.verifier.verifier = ChainVerifier([ROOT.certificate_pem])
    door = made.settled(SETTINGS)
    made.clock.leap(2 * 3600)
    leaf = proven(made, "CP1")

    made.clock.set(made.clock.now() + timedelta(days=3650))

    assert (await knock(made, door, "CP1", leaf, root=True)).decision.kept


async def test_a_certificate_that_had_ended_by_the_good_time_stays_out(made: MadeDoor) -> None:
    made.registry.set_authorities([trusted(ROOT)])
    leaf = proven(made, "CP1")
    made.clock.leap(60 * 86400)  # past its end
    door = made.settled(SETTINGS)
    made.clock.set(made.clock.now() + timedelta(days=3650))
    assert door.breaker.clock.look(made.clock.now(), made.clock.monotonic())

    assert (await knock(made, door, "CP1", leaf, root=True)).decision.answer is Answer.REFUSE

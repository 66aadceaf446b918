from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.fakes.links import LEAF, CsmsEnd, Hall, MadeLink, facts_put, settle
from tests.fakes.relays import frame
from voltward.domain.station_fact import Proven
from voltward.gateway.csms.channel import CsmsChannel, Loss
from voltward.lifecycles.station_session import CloseCause

HEARTBEAT = frame(2, "1", "Heartbeat", {})


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


# -- serving


async def test_what_the_station_says_reaches_the_csms_and_the_other_way_round(hall: Hall) -> None:
    link = await hall.link()

    link.link.text(HEARTBEAT)
    answer = frame(3, "1", {"currentTime": "x"})
    link.csms.says(answer)

    assert (link.csms.sent, link.station.sent) == ([HEARTBEAT], [answer])
    assert (link.link.said_to_csms, link.link.said_to_station) == (1, 1)


async def test_the_first_answered_call_proves_the_credential_once(hall: Hall) -> None:
    hall.enter(proven_at=None)
    link = await hall.link()
    for message_id in ("1", "2"):
        link.link.text(frame(2, message_id, "Heartbeat", {}))
        link.csms.says(frame(3, message_id, {}))

    proofs = [fact for fact in facts_put(hall.duties) if isinstance(fact, Proven)]
    assert [(fact.station, fact.fingerprint) for fact in proofs] == [(link.link.station, LEAF.fingerprint)]


async def test_what_is_proven_already_is_not_told_again(hall: Hall) -> None:
    link = await hall.link()
    link.link.text(HEARTBEAT)
    link.csms.says(frame(3, "1", {}))

    assert facts_put(hall.duties) == []


async def test_a_csms_that_reads_slowly_stops_the_station_and_the_other_way_round(hall: Hall) -> None:
    link = await hall.link()
    assert link.csms.owner is not None

    link.csms.owner.csms_writable(is_writable=False)
    assert link.station.peer.is_paused
    link.csms.owner.csms_writable(is_writable=True)
    assert not link.station.peer.is_paused

    link.link.writable(is_writable=False)
    assert link.csms.peer.is_paused
    link.link.writable(is_writable=True)
    assert not link.csms.peer.is_paused


async def test_what_was_read_before_a_stop_is_relayed_afterwards(hall: Hall) -> None:
    link = await hall.link()
    assert link.csms.owner is not None
    link.csms.owner.csms_writable(is_writable=False)

    link.link.text(HEARTBEAT)
    assert link.csms.sent == []
    link.csms.owner.csms_writable(is_writable=True)

    assert link.csms.sent == [HEARTBEAT]


# -- the end


async def test_when_the_csms_closes_this_very_link_the_station_is_told_to_come_back(hall: Hall) -> None:
    link = await hall.link()
    assert link.csms.owner is not None

    link.csms.owner.csms_ended(Loss("closed by the CSMS with 1008", is_meant=True))

    assert link.station.ending == (1012, "CSMS gone")
    assert hall.kinds == ["csms_link_lost"]


async def lose_csms(link: MadeLink) -> None:
    assert link.csms.owner is not None
    link.csms.owner.csms_ended(Loss("closed"))
    await settle()


async def test_when_the_csms_is_lost_the_station_is_not_read_until_it_is_back(hall: Hall) -> None:
    link = await hall.link()
    await lose_csms(link)
    assert (link.station.ending, link.station.peer.is_paused) == (None, True)
    link.link.text(HEARTBEAT)  # read before the stop took hold

    back = CsmsEnd()
    link.link.rejoin(cast("CsmsChannel", back))

    assert back.sent == [HEARTBEAT]
    assert not link.station.peer.is_paused
    assert hall.kinds == ["csms_link_lost", "csms_link_restored"]


async def test_what_was_sent_before_the_loss_is_not_sent_again_and_may_be_answered_after_it(
    hall: Hall,
) -> None:
    link = await hall.link()
    link.link.text(HEARTBEAT)
    await lose_csms(link)
    back = CsmsEnd()
    link.link.rejoin(cast("CsmsChannel", back))

    answer = frame(3, "1", {})
    back.says(answer)

    assert (back.sent, link.station.sent) == ([], [answer])


async def test_a_call_of_the_lost_csms_is_answered_to_nobody(hall: Hall) -> None:
    link = await hall.link()
    link.csms.says(frame(2, "a", "ClearCache", {}))
    link.csms.says(frame(2, "b", "GetLocalListVersion", {}))
    await lose_csms(link)
    back = CsmsEnd()
    link.link.rejoin(cast("CsmsChannel", back))
    back.says(frame(2, "c", "GetLocalListVersion", {}))

    link.link.text(frame(3, "a", {"status": "Accepted"}))
    link.link.text(answer := frame(3, "c", {"listVersion": 1}))

    assert back.sent == [answer]
    assert link.station.sent == [frame(2, "a", "ClearCache", {}), frame(2, "c", "GetLocalListVersion", {})]
    assert hall.kinds == ["csms_link_lost", "call_never_sent", "csms_link_restored", "answer_dropped"]


async def test_a_station_that_reads_slowly_still_does_when_the_csms_is_back(hall: Hall) -> None:
    link = await hall.link()
    link.link.writable(is_writable=False)
    await lose_csms(link)
    back = CsmsEnd()
    link.link.rejoin(cast("CsmsChannel", back))
    assert back.peer.is_paused

    link.link.writable(is_writable=True)

    assert not back.peer.is_paused


async def test_a_link_that_loses_its_csms_twice_in_a_breath_is_not_held_again(hall: Hall) -> None:
    link = await hall.link()
    await lose_csms(link)
    link.link.rejoin(cast("CsmsChannel", link.csms))

    await lose_csms(link)

    assert link.station.ending == (1012, "CSMS gone")


async def test_when_the_station_goes_the_csms_is_told_and_the_calls_are_failed(hall: Hall) -> None:
    left: list[tuple[str, int]] = []
    hall.duties.on_left = lambda gone: left.append((gone.connection, gone.said_to_csms))
    link = await hall.link()
    link.link.text(HEARTBEAT)

    link.link.ended("connection lost")

    assert (link.csms.ending, left) == ((1001, "station gone"), [("c1", 1)])
    link.csms.says(frame(3, "1", {}))
    assert link.station.sent == []  # nothing is delivered after the end


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (CloseCause.SUPERSEDED, 4001),
        (CloseCause.REASSESSED, 4002),
        (CloseCause.REVOKED, 4003),
        (CloseCause.SHUTDOWN, 1001),
        (CloseCause.VIOLATION, 1008),
        (CloseCause.SILENT, 0),
    ],
)
async def test_each_cause_has_its_close_code(hall: Hall, cause: CloseCause, code: int) -> None:
    link = await hall.link()

    link.link.end(cause, "because")

    assert link.station.ending is not None
    assert link.station.ending[0] == code


async def test_a_link_ends_once(hall: Hall) -> None:
    left: list[str] = []
    hall.duties.on_left = lambda gone: left.append(gone.connection)
    link = await hall.link()

    link.link.end(CloseCause.SUPERSEDED, "first")
    link.link.end(CloseCause.REVOKED, "second")

    assert (link.station.ending, left) == ((4001, "first"), ["c1"])


async def test_too_many_broken_frames_end_the_link(hall: Hall) -> None:
    link = await hall.link()
    for _ in range(21):
        link.link.text(b"nonsense")

    assert link.station.ending == (1008, "too many broken frames")


# -- alive or not


async def test_a_silent_station_is_asked_and_then_given_up(hall: Hall) -> None:
    link = await hall.link()
    start = hall.made.clock.monotonic()

    link.link.tick(start + 59)
    assert link.station.pings == 0
    link.link.tick(start + 60)
    assert (link.station.pings, link.station.ending) == (1, None)
    link.link.tick(start + 80)

    assert link.station.ending == (0, "aborted")


async def test_a_slow_station_is_not_a_silent_one(hall: Hall) -> None:
    link = await hall.link()
    start = hall.made.clock.monotonic()
    link.station.moves = True

    for seconds in (60, 80, 140, 160):
        link.link.tick(start + seconds)
    assert (link.station.pings, link.station.ending) == (2, None)
    link.station.moves = False
    for seconds in (220, 240):
        link.link.tick(start + seconds)

    assert link.station.ending == (0, "aborted")


async def test_any_sign_of_life_keeps_a_link(hall: Hall) -> None:
    link = await hall.link()
    for _ in range(10):
        hall.made.clock.leap(59)
        link.link.ponged()
        link.link.tick(hall.made.clock.monotonic())

    assert (link.station.pings, link.station.ending) == (0, None)


async def test_a_station_that_we_do_not_read_is_not_called_silent(hall: Hall) -> None:
    link = await hall.link()
    assert link.csms.owner is not None
    link.csms.owner.csms_writable(is_writable=False)

    link.link.tick(hall.made.clock.monotonic() + 600)

    assert link.station.ending is None


async def test_a_probe_is_answered_by_anything_that_comes(hall: Hall) -> None:
    link = await hall.link()

    async with asyncio.TaskGroup() as group:
        probing = group.create_task(link.link.probe(5.0))
        await settle()
        assert (link.station.pings, link.link.is_probed) == (1, True)
        link.link.text(HEARTBEAT)

    assert probing.result() is True
    assert not link.link.is_probed


async def test_a_probe_that_nothing_answers_is_over_in_time(hall: Hall) -> None:
    link = await hall.link()

    assert await link.link.probe(0.01) is False


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_station_that_is_not_read_is_alive_if_it_takes_what_is_sent(
    hall: Hall, is_there: bool
) -> None:
    """Its pong cannot be heard: a station that has vanished must not keep its own comeback out."""
    link = await hall.link()
    link.link._station_line.pause("csms-slow")
    link.station.answers = is_there

    assert await link.link.probe(0.3) is is_there
    assert link.station.pings == 1


async def test_a_link_that_ends_while_it_is_probed_was_not_alive(hall: Hall) -> None:
    link = await hall.link()

    async with asyncio.TaskGroup() as group:
        probing = group.create_task(link.link.probe(5.0))
        await settle()
        link.link.ended("connection lost")

    assert probing.result() is False

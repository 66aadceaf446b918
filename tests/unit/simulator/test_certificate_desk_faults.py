"""Every named way in which the renewal of a station's certificate goes wrong at the station."""

from __future__ import annotations

import pytest

from tests.unit.simulator.certificate_play import ALL, Play, certify, csr_of, leaf, shown, status
from tests.unit.simulator.station_play import T0
from voltward.simulator.faults import Fault
from voltward.simulator.messages.messages import Ending

EVERY = pytest.mark.parametrize("dialect", ALL)


@EVERY
@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        (Fault.TRIGGER_REJECTED, ["Rejected"]),
        (Fault.TRIGGER_UNKNOWN, ["NotImplemented"]),
        (Fault.CSR_NEVER_COMES, ["Accepted"]),
    ],
)
def test_it_may_refuse_to_ask_or_never_ask(dialect: str, fault: Fault, answers: list[str]) -> None:
    said = Play.begin(dialect, fault).trigger()

    assert [(frame.payload or {}).get("status") for frame in said] == answers


@EVERY
def test_it_may_ask_twice(dialect: str) -> None:
    play = Play.begin(dialect, Fault.CSR_TWICE)
    first = next(frame for frame in play.trigger() if frame.action == "SignCertificate")
    (second,) = play.answer(first, {"status": "Accepted"})

    assert csr_of(first).public_key() != csr_of(second).public_key()
    assert status(play.deliver(certify(first))) == "Accepted"


@EVERY
@pytest.mark.parametrize(
    ("fault", "with_root", "answer"),
    [
        (Fault.CHAIN_REJECTED, False, "Rejected"),
        (Fault.CHAIN_NEEDS_ROOT, False, "Rejected"),
        (Fault.CHAIN_NEEDS_ROOT, True, "Accepted"),
        (Fault.CHAIN_WITHOUT_ROOT, True, "Rejected"),
        (Fault.CHAIN_WITHOUT_ROOT, False, "Accepted"),
        (Fault.CHAIN_LEAF_ONLY, False, "Rejected"),
        (Fault.CHAIN_UNANSWERED, False, None),
    ],
)
def test_it_may_dislike_the_chain(dialect: str, fault: Fault, with_root: bool, answer: str | None) -> None:
    play = Play.begin(dialect, fault)

    assert status(play.deliver(certify(play.request(), with_root=with_root))) == answer


def test_it_may_take_a_certificate_without_the_number_of_its_request() -> None:
    play = Play.begin("ocpp2.1", Fault.CHAIN_UNNUMBERED)

    assert status(play.deliver(certify(play.request()), requestId=None)) == "Accepted"


@EVERY
def test_it_may_find_what_it_accepted_invalid_afterwards_once(dialect: str) -> None:
    play = Play.begin(dialect, Fault.CHAIN_DISOWNED)
    old, chain = shown(play), certify(play.request())

    answered, reported = play.deliver(chain)
    assert status([answered]) == "Accepted"
    assert reported.action == "SecurityEventNotification"
    assert (reported.payload or {})["type"].startswith("InvalidCharg")
    assert shown(play) == old
    assert status(play.deliver(chain)) == "Accepted"
    assert shown(play) == leaf(chain)


@EVERY
def test_it_may_go_on_with_the_old_one(dialect: str) -> None:
    play = Play.begin(dialect, Fault.NEW_NEVER_USED)
    old = shown(play)

    assert status(play.deliver(certify(play.request()))) == "Accepted"
    assert play.hung_up == []
    assert shown(play) == old


@EVERY
def test_it_may_come_back_with_the_old_one_once(dialect: str) -> None:
    play = Play.begin(dialect, Fault.NEW_AFTER_OLD)
    old = shown(play)
    chain = certify(play.request())
    play.deliver(chain)

    assert shown(play) == old
    play.hear(play.model.connected(T0))
    play.tick(T0)
    assert len(play.hung_up) == 2
    assert shown(play) == leaf(chain)


@EVERY
def test_it_may_prefer_the_one_that_ends_last(dialect: str) -> None:
    play = Play.begin(dialect, Fault.LAST_TO_END)
    old = shown(play)
    play.deliver(certify(play.request(), days=100))

    assert shown(play) == old


@EVERY
def test_it_may_reboot_halfway_and_boot_with_the_new_one(dialect: str) -> None:
    play = Play.begin(dialect, Fault.REBOOTS_HALFWAY)
    chain = certify(play.request())
    play.deliver(chain)

    assert [output.reason for output in play.hung_up] == [Ending.REBOOT]
    assert shown(play) == leaf(chain)
    assert [frame.action for frame in play.hear(play.model.connected(T0))] == ["BootNotification"]


@EVERY
def test_it_may_lose_its_link_after_the_trigger_and_asks_on_the_next(dialect: str) -> None:
    play = Play.begin(dialect, Fault.LOST_AFTER_TRIGGER)

    assert status(play.trigger()) == "Accepted"
    assert [output.is_abrupt for output in play.hung_up] == [True]
    assert [frame.action for frame in play.connect(T0)] == ["SignCertificate"]


@EVERY
def test_it_may_lose_its_link_when_it_has_asked_and_asks_again(dialect: str) -> None:
    play = Play.begin(dialect, Fault.LOST_AFTER_CSR)

    assert [frame.action for frame in play.trigger()] == ["", "SignCertificate"]
    assert [output.is_abrupt for output in play.hung_up] == [True]
    assert [frame.action for frame in play.connect(T0)] == ["SignCertificate"]


@EVERY
@pytest.mark.parametrize(
    ("fault", "keeps"), [(Fault.LOST_BEFORE_CHAIN, False), (Fault.LOST_AFTER_CHAIN, True)]
)
def test_it_may_lose_its_link_before_it_answers_with_or_without_the_certificate(
    dialect: str, fault: Fault, keeps: bool
) -> None:
    play = Play.begin(dialect, fault)
    chain = certify(play.request())

    assert play.deliver(chain) == []
    assert (shown(play) == leaf(chain)) is keeps
    play.connect(T0)
    assert status(play.deliver(chain)) == ("Rejected" if keeps else "Accepted")

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.fakes.asks import STATION, Waiting, answer, calls
from tests.fakes.links import Hall, MadeLink, settle
from voltward.domain.enforcement import Answer, Decision
from voltward.domain.finding import Outcome as Verdicts
from voltward.domain.finding import Verdict
from voltward.domain.intents import CertificateUse, ListTrustAnchors, Outcome, RequestCsr, SetOrganisation
from voltward.gateway.door.judging import Judgement
from voltward.gateway.settings import GroupSettings
from voltward.rulebook.observation import AuthorizationForm

TRIGGER = ["ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}]


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


@pytest.fixture
def waiting(hall: Hall) -> Waiting:
    return Waiting(hall)


async def linked(hall: Hall, version: str = "ocpp1.6") -> MadeLink:
    link = await hall.link(version)
    await settle()
    return link


async def test_what_waits_is_asked_when_the_station_comes(hall: Hall, waiting: Waiting) -> None:
    waiting.add("first")

    link = await linked(hall)
    ((kind, message_id, *call),) = calls(link)
    await answer(link, message_id, {"status": "Accepted"})

    assert (kind, call) == (2, TRIGGER)
    ((ask, said),) = waiting.answers()
    assert (ask, said.outcome) == ("first", Outcome.ACCEPTED)
    assert "ask_answered" in hall.kinds


async def test_a_station_without_asks_costs_no_look_into_the_store(hall: Hall, waiting: Waiting) -> None:
    await linked(hall)

    assert waiting.reads == 0


async def test_asks_go_one_at_a_time_the_oldest_first(hall: Hall, waiting: Waiting) -> None:
    waiting.add("first", SetOrganisation("Example CPO"))
    waiting.add("second")
    link = await linked(hall)

    (first,) = calls(link)
    await answer(link, first[1], {"status": "Accepted"})
    (second,) = calls(link)
    await answer(link, second[1], {"status": "NotImplemented"})

    assert (first[2], second[2]) == ("ChangeConfiguration", "ExtendedTriggerMessage")
    assert [(ask, said.outcome) for ask, said in waiting.answers()] == [
        ("first", Outcome.ACCEPTED),
        ("second", Outcome.UNSUPPORTED),
    ]


async def test_what_was_told_is_not_asked_again_while_the_store_still_has_it(
    hall: Hall, waiting: Waiting
) -> None:
    waiting.add("first")
    link = await linked(hall)
    await answer(link, calls(link)[0][1], {"status": "Accepted"})

    again = await linked(hall)

    assert calls(again) == []
    assert len(waiting.answers()) == 1


async def test_an_answer_that_a_station_hangs_up_with_is_told_and_its_ask_is_not_asked_again(
    hall: Hall, waiting: Waiting
) -> None:
    waiting.add("first")
    link = await linked(hall)
    ((_, message_id, *_call),) = calls(link)

    link.link.text(json.dumps([3, message_id, {"status": "Accepted"}]).encode())
    link.link.ended("closed")
    await settle()

    assert [(ask, said.outcome) for ask, said in waiting.answers()] == [("first", Outcome.ACCEPTED)]
    assert calls(await linked(hall)) == []


async def test_a_new_ask_reaches_a_link_that_is_there(hall: Hall, waiting: Waiting) -> None:
    link = await linked(hall)
    waiting.add("first")

    link.link.judged_again(hall.made.door.judge_again(link.link.judgement))
    await settle()

    assert [call[2:] for call in calls(link)] == [TRIGGER]


async def test_an_ask_that_comes_while_another_is_out_follows_it(hall: Hall, waiting: Waiting) -> None:
    waiting.add("first")
    link = await linked(hall)
    (first,) = calls(link)
    waiting.add("second", SetOrganisation("Example CPO"))
    link.link.judged_again(hall.made.door.judge_again(link.link.judgement))
    await settle()
    assert calls(link) == []

    await answer(link, first[1], {"status": "Accepted"})

    assert [call[2] for call in calls(link)] == ["ChangeConfiguration"]


async def test_a_question_of_several_calls_has_one_answer(hall: Hall, waiting: Waiting) -> None:
    waiting.add("list", ListTrustAnchors())
    link = await linked(hall)

    for _ in range(2):
        ((_, message_id, action, _payload),) = calls(link)
        assert action == "GetInstalledCertificateIds"
        assert waiting.answers() == []
        await answer(link, message_id, {"status": "NotFound"})

    assert [said.outcome for _, said in waiting.answers()] == [Outcome.ACCEPTED]


async def test_what_a_version_cannot_say_is_told_at_once(hall: Hall, waiting: Waiting) -> None:
    waiting.add("cars", RequestCsr(CertificateUse.V2G))

    link = await linked(hall)

    assert calls(link) == []
    assert [said.outcome for _, said in waiting.answers()] == [Outcome.UNSUPPORTED]


async def test_a_station_that_does_not_answer_is_silent(hall: Hall, waiting: Waiting) -> None:
    waiting.add("first")
    link = await linked(hall)

    link.link.tick(hall.made.clock.monotonic() + 61)
    await settle()

    assert [said.outcome for _, said in waiting.answers()] == [Outcome.SILENT]


async def test_a_link_that_ends_before_the_answer_is_told_as_that(hall: Hall, waiting: Waiting) -> None:
    waiting.add("first")
    link = await linked(hall)

    link.link.ended("connection lost")
    await settle()

    assert [said.outcome for _, said in waiting.answers()] == [Outcome.LINK_LOST]


async def test_what_was_never_sent_is_asked_on_the_next_link(hall: Hall, waiting: Waiting) -> None:
    waiting.add("first")
    waiting.add("second", SetOrganisation("Example CPO"))
    link = await linked(hall)
    link.link.ended("connection lost")
    await settle()

    again = await linked(hall)

    assert [call[2] for call in calls(again)] == ["ChangeConfiguration"]


async def test_an_ask_that_has_run_out_is_not_sent(hall: Hall, waiting: Waiting) -> None:
    waiting.add("late", minutes=-1)

    link = await linked(hall)

    assert (calls(link), waiting.answers()) == ([], [])


async def test_a_call_of_the_csms_goes_first(hall: Hall, waiting: Waiting) -> None:
    link = await linked(hall)
    link.csms.says(b'[2,"c","ClearCache",{}]')
    waiting.add("first")
    link.link.judged_again(hall.made.door.judge_again(link.link.judgement))
    await settle()
    assert [call[2] for call in calls(link)] == ["ClearCache"]

    await answer(link, "c", {"status": "Accepted"})

    assert [call[2:] for call in calls(link)] == [TRIGGER]


def doubted(judgement: Judgement) -> Judgement:
    """A door that was softened let it in with a wrong password."""
    failed = (Verdict("AUTH-02", Verdicts.FAIL, ""),)
    return replace(judgement, decision=Decision(Answer.ADMIT, failed=failed))


def on_the_plain_listener(judgement: Judgement) -> Judgement:
    seen = judgement.observation
    request = replace(seen.request, authorization=AuthorizationForm.BASIC)
    return replace(judgement, observation=replace(seen, tls=None, request=request))


async def test_whoever_did_not_prove_to_be_the_station_is_asked_nothing(hall: Hall, waiting: Waiting) -> None:
    waiting.add("first")
    link = MadeLink(doubted(await hall.judge()), hall.duties)

    link.serve()
    await settle()

    assert calls(link) == []


@pytest.mark.parametrize("allows_plain", [False, True])
async def test_certificates_are_no_matter_of_a_link_without_tls(
    hall: Hall, waiting: Waiting, allows_plain: bool
) -> None:
    group = GroupSettings(plain_certificates=allows_plain)
    hall.duties.asks.allows_plain = lambda _: group.plain_certificates
    waiting.add("first")
    waiting.add("second", SetOrganisation("Example CPO"))
    link = MadeLink(on_the_plain_listener(await hall.judge()), hall.duties)

    link.serve()
    await settle()

    first = "ExtendedTriggerMessage" if allows_plain else "ChangeConfiguration"
    assert [call[2] for call in calls(link)] == [first]
    assert ("ask_held_back" in hall.kinds) is not allows_plain


async def test_the_store_being_away_is_waited_out(hall: Hall, waiting: Waiting) -> None:
    hall.duties.asks.pause = 0.0
    waiting.add("first")
    waiting.is_away = True
    link = await linked(hall)
    assert calls(link) == []

    waiting.is_away = False
    await settle()

    assert [call[2:] for call in calls(link)] == [TRIGGER]
    assert waiting.asks[0].station == STATION

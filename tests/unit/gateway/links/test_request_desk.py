from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from tests.fakes.asks import STATION, calls, told
from tests.fakes.clock import NOON
from tests.fakes.links import Hall, MadeLink, settle
from tests.fakes.spools import MemorySpool
from voltward.domain.enforcement import Answer, Decision
from voltward.domain.errors import OutsideFault
from voltward.domain.finding import Outcome, Verdict
from voltward.domain.intents import CertificateUse
from voltward.domain.quirk import Quirk, QuirkGrant
from voltward.domain.station_fact import CsrRefused, CsrSubmitted
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.request_desk import BURST, RequestVerdict
from voltward.gateway.settings import GroupSettings
from voltward.gateway.upkeep.outbox import Outbox
from voltward.ocpp.certificate_facts import CsrFacts

GRANTED = RequestVerdict(granted=True)


class Judge:
    """Whoever examines requests."""

    def __init__(self) -> None:
        self.verdict = GRANTED
        self.is_away = False
        self.asked: list[CsrFacts] = []

    async def __call__(self, facts: CsrFacts, _judgement: Judgement) -> RequestVerdict:
        self.asked.append(facts)
        if self.is_away:
            raise OutsideFault("the store is away.")
        return self.verdict


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


@pytest.fixture
def judge(hall: Hall) -> Judge:
    hall.duties.requests.judge = judge = Judge()
    return judge


async def spooled(hall: Hall) -> None:
    """The disk takes what waits."""
    await settle()
    await hall.duties.facts._outbox.flush()
    await settle()


async def asks(hall: Hall, link: MadeLink, payload: dict[str, Any], name: str = "1") -> Any:
    """What the station is answered."""
    link.link.text(json.dumps([2, name, "SignCertificate", payload]).encode())
    await spooled(hall)
    (answered,) = calls(link)
    return answered


async def test_a_request_is_on_disk_before_the_station_hears_that_it_was_taken(
    hall: Hall, judge: Judge
) -> None:
    link = await hall.link("ocpp2.1")
    payload = {"csr": "pem", "certificateType": "ChargingStationCertificate", "requestId": 7}

    link.link.text(json.dumps([2, "1", "SignCertificate", payload]).encode())
    await settle()
    assert calls(link) == []
    (waiting,) = told(hall)
    await spooled(hall)

    assert calls(link) == [[3, "1", {"status": "Accepted"}]]
    assert isinstance(waiting, CsrSubmitted)
    assert (waiting.station, waiting.csr, waiting.request_id) == (STATION, "pem", 7)
    assert waiting.use is CertificateUse.CSMS_LINK
    assert link.csms.sent == []
    assert "certificate_requested" in hall.kinds


async def test_the_same_message_told_twice_is_one_and_a_new_key_is_another(hall: Hall, judge: Judge) -> None:
    names: list[str] = []
    for csr in ("pem", "pem", "new"):
        link = await hall.link()
        await asks(hall, link, {"csr": csr})
        names.append(hall.made.journal.events[-1].facts["request"])  # type: ignore[arg-type]

    assert names[0] == names[1] != names[2]


async def test_a_refused_request_is_told_in_the_stations_words(hall: Hall, judge: Judge) -> None:
    judge.verdict = RequestVerdict(reason="its key has 1024 bits", facts={"control": "CSR-03"})
    old, new = await hall.link("ocpp1.6"), await hall.link("ocpp2.0.1")

    assert await asks(hall, old, {"csr": "pem"}) == [3, "1", {"status": "Rejected"}]
    refused = await asks(hall, new, {"csr": "pem"})
    assert refused[2]["statusInfo"] == {"reasonCode": "InvalidCSR", "additionalInfo": "its key has 1024 bits"}
    assert told(hall) == []
    assert hall.made.journal.events[-1].facts["control"] == "CSR-03"


async def begin_lifecycle(hall: Hall) -> None:
    """The station has one that is open."""
    await hall.judge()
    entry = hall.made.registry.entry(STATION)
    assert entry is not None
    hall.made.registry.put_station(replace(entry, has_lifecycle=True))


async def says_nonsense(link: MadeLink, times: int = 1) -> None:
    """Requests that nobody can read for sure."""
    for number in range(times):
        payload = {"csr": "pem", "CSR": "other"}
        link.link.text(json.dumps([2, str(number), "SignCertificate", payload]).encode())
        await settle()


async def test_a_life_cycle_that_waits_hears_why_its_station_was_told_no(hall: Hall, judge: Judge) -> None:
    judge.verdict = RequestVerdict(reason="its key has 1024 bits")
    await begin_lifecycle(hall)
    link = await hall.link("ocpp2.0.1")

    link.link.text(json.dumps([2, "1", "SignCertificate", {"csr": "pem"}]).encode())
    await settle()

    (refused,) = [fact for fact in told(hall) if isinstance(fact, CsrRefused)]
    assert (refused.station, refused.words) == (STATION, "its key has 1024 bits")


@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.parametrize("is_its_own", [True, False], ids=["its own quirk", "its group's setting"])
async def test_a_test_tool_hears_what_it_expects_and_nothing_is_issued(
    hall: Hall, judge: Judge, passes: bool, is_its_own: bool
) -> None:
    hall.duties.book._groups = {"default": GroupSettings(conformance=not is_its_own)}
    judge.verdict = RequestVerdict(reason="no", facts={"reason": "no"}, passes_for_show=passes)
    link = await hall.link()
    if is_its_own:
        grant = QuirkGrant(Quirk.CONFORMANCE, NOON + timedelta(days=1), "ann", "the test tool runs", {})
        link.link.judgement = replace(link.link.judgement, grants={Quirk.CONFORMANCE: grant})

    answered = await asks(hall, link, {"csr": "pem"})

    assert answered[2]["status"] == ("Accepted" if passes else "Rejected")
    assert told(hall) == []
    assert hall.kinds == ["certificate_request_refused"]


async def test_what_cannot_be_read_for_sure_is_refused(hall: Hall, judge: Judge) -> None:
    link = await hall.link("ocpp2.0.1")

    answered = await asks(hall, link, {"csr": "pem", "CSR": "other"})

    assert answered[2]["status"] == "Rejected"
    assert judge.asked == []


async def test_requests_for_cars_pass(hall: Hall, judge: Judge) -> None:
    link = await hall.link("ocpp2.0.1")
    payload = {"csr": "pem", "certificateType": "V2GCertificate"}

    link.link.text(json.dumps([2, "1", "SignCertificate", payload]).encode())
    await spooled(hall)

    assert [json.loads(text)[2] for text in link.csms.sent] == ["SignCertificate"]
    assert (calls(link), judge.asked) == ([], [])


async def test_a_tunnelled_request_for_the_link_is_refused_in_the_tunnel(hall: Hall, judge: Judge) -> None:
    link = await hall.link("ocpp1.6")
    inner = json.dumps({"csr": "pem", "certificateType": "ChargingStationCertificate"})
    data = {"vendorId": "org.openchargealliance.iso15118pnc", "messageId": "SignCertificate", "data": inner}

    link.link.text(json.dumps([2, "1", "DataTransfer", data]).encode())
    await spooled(hall)

    ((_, _, answered),) = calls(link)
    assert json.loads(answered["data"])["status"] == "Rejected"
    assert link.csms.sent == []


async def test_whoever_did_not_prove_to_be_the_station_gets_no_certificate(hall: Hall, judge: Judge) -> None:
    seen = await hall.judge()
    failed = (Verdict("AUTH-02", Outcome.FAIL, ""),)
    link = MadeLink(replace(seen, decision=Decision(Answer.ADMIT, failed=failed)), hall.duties, "ocpp2.0.1")
    link.serve()

    answered = await asks(hall, link, {"csr": "pem"})

    assert answered[2]["status"] == "Rejected"
    assert (judge.asked, told(hall)) == ([], [])


async def test_a_life_cycle_hears_nothing_from_whoever_did_not_prove_to_be_its_station(
    hall: Hall, judge: Judge
) -> None:
    await begin_lifecycle(hall)
    seen = await hall.judge()
    failed = (Verdict("AUTH-02", Outcome.FAIL, ""),)
    link = MadeLink(replace(seen, decision=Decision(Answer.ADMIT, failed=failed)), hall.duties, "ocpp2.0.1")
    link.serve()

    await says_nonsense(link)

    assert [answer[2]["status"] for answer in calls(link)] == ["Rejected"]
    assert told(hall) == []


async def test_what_cannot_be_read_uses_up_turns_too(hall: Hall, judge: Judge) -> None:
    await begin_lifecycle(hall)
    link = await hall.link()
    await says_nonsense(link, 2 * BURST)

    assert len([fact for fact in told(hall) if isinstance(fact, CsrRefused)]) == BURST


async def test_who_asks_all_the_time_is_told_no_for_a_while(hall: Hall, judge: Judge) -> None:
    link = await hall.link()
    said = [(await asks(hall, link, {"csr": "pem"}, str(n)))[2]["status"] for n in range(BURST + 1)]
    assert said == ["Accepted"] * BURST + ["Rejected"]

    hall.made.clock.leap(61)

    assert (await asks(hall, link, {"csr": "pem"}, "later"))[2]["status"] == "Accepted"


async def test_neither_yes_nor_no_is_said_while_the_store_or_the_disk_is_away(
    hall: Hall, judge: Judge
) -> None:
    link = await hall.link()
    judge.is_away = True
    assert (await asks(hall, link, {"csr": "pem"}))[:3] == [4, "1", "InternalError"]

    judge.is_away = False
    full = Outbox(MemorySpool(), hall.made.clock)
    full._pace = replace(full._pace, full_at=0)
    hall.duties.requests._facts._outbox = full
    assert (await asks(hall, link, {"csr": "pem"}, "2"))[:3] == [4, "2", "InternalError"]
    assert "certificate_request_not_kept" in hall.kinds


@pytest.mark.parametrize(("word", "kind"), [("watch", "certificate_request_passed"), ("pass", None)])
async def test_a_group_may_leave_certificates_to_its_csms(
    hall: Hall, judge: Judge, word: str, kind: str | None
) -> None:
    settings = hall.duties.book.group_named("default")
    changed = type(settings)(certificates=cast("Any", word))
    hall.duties.book._groups = {"default": changed}
    link = await hall.link()

    link.link.text(b'[2,"1","SignCertificate",{"csr":"pem"}]')
    await spooled(hall)

    assert len(link.csms.sent) == 1
    assert (kind in hall.kinds) == (kind is not None)
    assert judge.asked == []

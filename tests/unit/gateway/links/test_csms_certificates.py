from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.asks import STATION, answer, calls, told
from tests.fakes.certificates import Authority
from tests.fakes.links import Hall, MadeLink
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.crypto.reading.pem import certificate_pem
from voltward.domain.enforcement import Action, Policy
from voltward.domain.intents import AnchorUse, HashAlgorithm
from voltward.domain.station_fact import AnchorMoved
from voltward.gateway.settings import GroupSettings
from voltward.ocpp import DIALECTS
from voltward.ocpp.certificate_words import hash_data
from voltward.usecases.trust.judge_anchor import OurAnchors

ROOT, OTHER = Authority.create("Our root"), Authority.create("Another root")
OURS = OurAnchors(((ROOT.issue("csms.example", "Example CPO").der,),), (ROOT.der,))


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    made.duties.csms_certificates.anchors.current = OURS
    yield made
    made.made.close()


def says(link: MadeLink, action: str, payload: dict[str, Any]) -> Any:
    """What the CSMS is answered at once; None where it has to wait for the station."""
    before = len(link.csms.sent)
    link.csms.says(json.dumps([2, "c", action, payload]).encode())
    return json.loads(link.csms.sent[-1])[2] if len(link.csms.sent) > before else None


def deletion(authority: Authority) -> dict[str, Any]:
    named = certificate_hash(authority.der, authority.der, HashAlgorithm.SHA384)
    return {"certificateHashData": hash_data(named)}


def installation(authority: Authority, version: str = "ocpp1.6") -> dict[str, Any]:
    word = DIALECTS[version].certificates.words.anchors[AnchorUse.CSMS]
    return {"certificateType": word, "certificate": certificate_pem(authority.der).decode()}


@pytest.mark.parametrize(
    ("version", "action", "payload"),
    [
        ("ocpp1.6", "CertificateSigned", {"certificateChain": "pem"}),
        ("ocpp2.0.1", "CertificateSigned", {"certificateChain": "pem"}),
        ("ocpp1.6", "ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}),
        ("ocpp2.1", "TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}),
        ("ocpp2.1", "TriggerMessage", {"requestedMessage": "SignCombinedCertificate"}),
        ("ocpp2.1", "TriggerMessage", {}),
    ],
)
async def test_the_csms_gives_no_certificate_and_asks_for_no_request(
    hall: Hall, version: str, action: str, payload: dict[str, Any]
) -> None:
    link = await hall.link(version)

    assert says(link, action, payload)["status"] == "Rejected"

    assert calls(link) == []
    event = hall.made.journal.events[-1]
    assert (event.kind, event.facts["control"]) == ("certificate_message_refused", "MSG-07")


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("CertificateSigned", {"certificateChain": "pem", "certificateType": "V2GCertificate"}),
        ("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}),
        ("TriggerMessage", {"requestedMessage": "BootNotification"}),
        ("InstallCertificate", {"certificateType": "V2GRootCertificate", "certificate": "pem"}),
        ("InstallCertificate", {"certificateType": "ManufacturerRootCertificate", "certificate": "pem"}),
    ],
)
async def test_what_is_for_cars_or_the_maker_passes(hall: Hall, action: str, payload: dict[str, Any]) -> None:
    link = await hall.link("ocpp2.0.1")

    assert says(link, action, payload) is None

    assert [call[2] for call in calls(link)] == [action]


async def test_a_root_that_does_not_vouch_for_us_is_held(hall: Hall) -> None:
    link = await hall.link()

    assert says(link, "InstallCertificate", installation(OTHER)) == {"status": "Rejected"}

    event = hall.made.journal.events[-1]
    assert (event.facts["control"], "gateway.chains" in str(event.facts["mend"])) == ("MSG-08", True)


@pytest.mark.parametrize("version", DIALECTS)
async def test_a_root_that_does_is_installed_and_the_station_is_to_be_read_again(
    hall: Hall, version: str
) -> None:
    link = await hall.link(version)
    assert says(link, "InstallCertificate", installation(ROOT, version)) is None

    await answer(link, "c", {"status": "Accepted"})

    assert json.loads(link.csms.sent[-1]) == [3, "c", {"status": "Accepted"}]
    assert told(hall) == [AnchorMoved(STATION, hall.made.clock.now(), AnchorUse.CSMS)]


@pytest.mark.parametrize("version", DIALECTS)
async def test_a_station_does_not_forget_the_root_that_it_reaches_us_by(hall: Hall, version: str) -> None:
    link = await hall.link(version)

    assert says(link, "DeleteCertificate", deletion(ROOT))["status"] == "Failed"

    assert calls(link) == []
    assert hall.made.journal.events[-1].facts["control"] == "MSG-09"


async def test_another_root_may_go(hall: Hall) -> None:
    link = await hall.link()
    assert says(link, "DeleteCertificate", deletion(OTHER)) is None

    await answer(link, "c", {"status": "NotFound"})

    assert told(hall) == []


async def test_what_goes_through_the_tunnel_is_stopped_there(hall: Hall) -> None:
    link = await hall.link("ocpp1.6")
    data = {
        "vendorId": "org.openchargealliance.iso15118pnc",
        "messageId": "DeleteCertificate",
        "data": json.dumps(deletion(ROOT)),
    }

    refused = says(link, "DataTransfer", data)

    assert json.loads(refused["data"])["status"] == "Failed"
    assert says(link, "DataTransfer", {"vendorId": "com.example", "data": "x"}) is None


@pytest.mark.parametrize(("word", "kind"), [("watch", "certificate_message_passed"), ("pass", "")])
async def test_a_group_may_leave_certificates_to_its_csms(hall: Hall, word: Any, kind: str) -> None:
    hall.duties.book._groups = {"default": GroupSettings(certificates=word)}
    link = await hall.link()

    assert says(link, "CertificateSigned", {"certificateChain": "pem"}) is None

    assert hall.kinds == ([kind] if kind else [])


async def test_a_policy_may_take_a_control_away(hall: Hall) -> None:
    hall.duties.door_rules.policies["default"] = Policy("default", {"MSG-09": Action.RECORD})  # type: ignore[index]
    link = await hall.link()

    assert says(link, "DeleteCertificate", deletion(ROOT)) is None

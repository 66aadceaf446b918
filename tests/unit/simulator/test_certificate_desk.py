"""The renewal of a station's certificate, in dialogue with a CSMS that the test plays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.x509.oid import NameOID

from tests.unit.simulator.certificate_play import (
    ALL,
    DAY,
    Play,
    certify,
    csr_of,
    dial,
    leaf,
    root,
    shown,
    status,
    stranger,
)
from tests.unit.simulator.station_play import T0
from voltward.domain.credential import PasswordForm
from voltward.domain.secret import Secret
from voltward.simulator.boot_clock import Registration
from voltward.simulator.certificates import Validity
from voltward.simulator.dial import CertificateLogin, Dial, Endpoint, PasswordLogin, TlsOptions
from voltward.simulator.faults import Fault
from voltward.simulator.frames import write_error
from voltward.simulator.messages.messages import Ending

EVERY = pytest.mark.parametrize("dialect", ALL)
LATER = pytest.mark.parametrize("dialect", ALL[1:])
HOUR = timedelta(hours=1)


@EVERY
def test_it_asks_with_a_new_key_in_its_own_name_and_its_owners(dialect: str) -> None:
    play = Play.begin(dialect)
    owner = "CpoName" if dialect == "ocpp1.6" else "SecurityCtrlr.OrganizationName"
    play.model.settings[owner] = "Example"
    first, second = csr_of(play.request()), csr_of(play.request())

    names = {attribute.oid: attribute.value for attribute in first.subject}
    assert names == {NameOID.COMMON_NAME: "SN-1", NameOID.ORGANIZATION_NAME: "Example"}
    assert first.is_signature_valid
    assert first.public_key() != second.public_key()


def test_what_a_request_tells_of_itself_depends_on_the_version() -> None:
    told = {dialect: set(Play.begin(dialect).request().payload or {}) for dialect in ALL}

    assert told["ocpp1.6"] == {"csr"}
    assert told["ocpp2.0.1"] == {"csr", "certificateType"}
    assert told["ocpp2.1"] == {"csr", "certificateType", "requestId"}


@EVERY
def test_it_accepts_comes_back_with_the_new_one_and_is_quiet(dialect: str) -> None:
    play = Play.begin(dialect)
    old = shown(play)
    chain = certify(play.request())

    assert status(play.deliver(chain)) == "Accepted"
    assert [output.reason for output in play.hung_up] == [Ending.RECONNECT]
    assert shown(play) == leaf(chain) != old
    assert play.connect(T0) == []
    assert play.model.is_done


@EVERY
def test_the_old_one_goes_after_the_first_success_or_a_month_later(dialect: str) -> None:
    play = Play.begin(dialect)
    play.deliver(certify(play.request()))
    play.connect(T0)
    kept = len(play.model.memory.keys.held)
    play.model.disconnected()
    play.connect(T0 + 31 * DAY)

    assert kept == (2 if dialect == "ocpp1.6" else 1)
    assert len(play.model.memory.keys.held) == 1


@EVERY
@pytest.mark.parametrize("flaw", ["stranger", "ended", "other key", "no text"])
def test_an_invalid_certificate_is_rejected_reported_and_not_asked_for_again(dialect: str, flaw: str) -> None:
    play = Play.begin(dialect)
    request = play.request()
    current = Validity(T0 - DAY, T0 + DAY)
    chain = {
        "stranger": lambda: stranger().certify((request.payload or {})["csr"], current),
        "ended": lambda: certify(request, T0 - 3 * DAY, 2),
        "other key": lambda: certify(Play.begin(dialect).request()),
        "no text": lambda: "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n",
    }[flaw]()
    said = play.deliver(chain)

    event = "InvalidChargePointCertificate" if dialect == "ocpp1.6" else "InvalidChargingStationCertificate"
    assert status(said) == "Rejected"
    assert play.events(said) == [event]
    assert play.hung_up == []
    assert not [frame for frame in play.tick(T0 + HOUR) if frame.action == "SignCertificate"]


def test_the_request_that_was_rejected_may_still_get_a_better_chain() -> None:
    play = Play.begin("ocpp2.0.1", Fault.CHAIN_NEEDS_ROOT)
    request = play.request()
    play.events(play.deliver(certify(request)))

    assert status(play.deliver(certify(request, with_root=True))) == "Accepted"


@pytest.mark.parametrize(("dialect", "answer"), [("ocpp1.6", "Accepted"), ("ocpp2.0.1", "Rejected")])
def test_one_that_begins_later_waits_for_its_time_or_is_invalid(dialect: str, answer: str) -> None:
    play = Play.begin(dialect)
    chain = certify(play.request(), T0 + HOUR)

    assert status(play.deliver(chain)) == answer
    assert play.hung_up == []
    play.tick(T0 + HOUR)
    assert [output.reason for output in play.hung_up] == ([Ending.RECONNECT] if answer == "Accepted" else [])


@EVERY
def test_a_chain_over_its_limit_is_rejected(dialect: str) -> None:
    play = Play.begin(dialect)
    key = "CertificateSignedMaxChainSize" if dialect == "ocpp1.6" else "SecurityCtrlr.MaxCertificateChainSize"
    play.model.settings[key] = "600"
    said = play.deliver(certify(play.request()))

    assert status(said) == "Rejected"
    info = (said[0].payload or {}).get("statusInfo", {"reasonCode": "TooLargeElement"})
    assert info["reasonCode"] == "TooLargeElement"


def test_a_request_id_that_it_never_used_is_rejected() -> None:
    play = Play.begin("ocpp2.1")
    request = play.request()
    number = (request.payload or {})["requestId"]
    chain = certify(request)

    assert status(play.deliver(chain, requestId=number + 1)) == "Rejected"
    assert status(play.deliver(chain, requestId=None)) == "Rejected"
    assert status(play.deliver(chain, requestId=number)) == "Accepted"


@LATER
def test_a_request_that_brings_nothing_is_made_again_after_waits_that_double(dialect: str) -> None:
    play = Play.begin(dialect)
    play.model.settings["SecurityCtrlr.CertSigningWaitMinimum"] = "10"
    now, said_at = T0, list[int]()
    play.request(now)
    for second in range(1, 120):
        now = T0 + timedelta(seconds=second)
        for frame in play.tick(now):
            answer = {"status": "Accepted"} if frame.action == "SignCertificate" else {"currentTime": "x"}
            said_at += [second] if frame.action == "SignCertificate" else []
            play.answer(frame, answer, now)

    assert said_at == [10, 30]  # and after two repetitions no more


def test_an_older_station_asks_once() -> None:
    play = Play.begin("ocpp1.6")
    play.request()

    assert not [frame for frame in play.tick(T0 + DAY) if frame.action == "SignCertificate"]


@EVERY
def test_a_request_that_is_refused_or_fails_is_not_made_again(dialect: str) -> None:
    play = Play.begin(dialect)
    refused = next(frame for frame in play.trigger() if frame.action == "SignCertificate")
    play.answer(refused, {"status": "Rejected"})
    failed = next(frame for frame in play.trigger() if frame.action == "SignCertificate")
    play.hear(play.model.receive(write_error(failed.message_id, "InternalError"), T0))

    assert play.model.certificates.renewal.next_deadline() is None


@EVERY
def test_a_certificate_that_ends_within_a_month_is_renewed_by_the_station_itself(dialect: str) -> None:
    play = Play.begin(dialect, brought=dial(until=T0 + 40 * DAY))
    early = [frame.action for frame in play.tick(T0 + 11 * DAY)]
    for frame in play.tick(T0 + 11 * DAY + HOUR):
        play.answer(frame, {}, T0)
    play = Play.begin(dialect, brought=dial(until=T0 + 20 * DAY))
    due = [frame.action for frame in play.tick(T0)]

    assert "SignCertificate" not in early
    assert due == ["SignCertificate"]


@EVERY
def test_a_pending_station_asks_when_it_is_told_to(dialect: str) -> None:
    play = Play.begin(dialect)
    play.model.boots.registration = Registration.PENDING

    assert [frame.action for frame in play.trigger()] == ["", "SignCertificate"]


@EVERY
def test_a_request_without_an_answer_is_said_again_on_the_next_link(dialect: str) -> None:
    play = Play.begin(dialect)
    play.trigger()
    play.model.disconnected()

    assert [frame.action for frame in play.connect(T0)] == ["SignCertificate"]


@EVERY
def test_a_new_one_that_is_turned_away_gives_way_to_the_old_one(dialect: str) -> None:
    play = Play.begin(dialect)
    old = shown(play)
    play.deliver(certify(play.request()))
    play.model.dress(play.dial, T0)
    play.model.turned_away()

    assert shown(play) == old
    said = play.connect(T0)
    assert play.events(said) == ([] if dialect == "ocpp1.6" else ["DiscardedRenewedClientCertificate"])


def test_a_new_one_may_fail_as_often_as_the_setting_says() -> None:
    play = Play.begin("ocpp2.1")
    play.model.settings["OCPPCommCtrlr.NetworkProfileConnectionAttempts"] = "2"
    chain = certify(play.request())
    play.deliver(chain)
    tries: list[bool] = []
    for _ in range(3):
        tries.append(shown(play) == leaf(chain))
        play.model.turned_away()

    assert tries == [True, True, False]


def test_the_only_certificate_stays_whatever_the_other_side_says() -> None:
    play = Play.begin("ocpp2.1")
    for _ in range(3):
        play.model.dress(play.dial, T0)
        play.model.turned_away()

    assert isinstance(play.model.dress(play.dial, T0).login, CertificateLogin)


# -- passwords and profiles


def with_password() -> Dial:
    tls = TlsOptions(ca_pem=root().root_pem.decode())
    return Dial(Endpoint("127.0.0.1", 8443, tls=tls), "CP-1", PasswordLogin(Secret(b"the first password")))


@EVERY
def test_a_new_password_is_used_at_once(dialect: str) -> None:
    play = Play.begin(dialect, brought=with_password())
    if dialect == "ocpp1.6":
        play.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": "0a" * 20})
        expected = PasswordLogin(Secret(b"0a" * 20), PasswordForm.OCTETS)
    else:
        named = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
        play.ask("SetVariables", {"setVariableData": [{**named, "attributeValue": "a new password :-)"}]})
        expected = PasswordLogin(Secret(b"a new password :-)"))

    assert [output.reason for output in play.hung_up] == [Ending.RECONNECT]
    assert play.model.dress(play.dial, T0).login == expected


def raised(play: Play, profile: str) -> str | None:
    return status(play.ask("ChangeConfiguration", {"key": "SecurityProfile", "value": profile}))


def test_a_profile_is_raised_when_all_that_it_needs_is_there() -> None:
    play = Play.begin("ocpp1.6", brought=with_password())
    early = [raised(play, profile) for profile in ("1", "2", "3", "x")]
    chain = certify(play.request())
    taken = status(play.deliver(chain))

    assert early == ["Rejected"] * 4
    assert (taken, play.hung_up) == ("Accepted", [])  # a password station goes on with its password
    assert raised(play, "3") == "Accepted"
    assert shown(play) == leaf(chain)


def test_a_profile_that_does_not_work_is_left_again() -> None:
    play = Play.begin("ocpp1.6", brought=with_password())
    play.deliver(certify(play.request()))
    raised(play, "3")
    play.model.dress(play.dial, T0)
    play.model.turned_away()

    assert play.model.dress(play.dial, T0).login == with_password().login


def test_an_installer_may_bring_another_credential() -> None:
    play = Play.begin("ocpp2.1", brought=with_password())
    play.dial = dial()

    assert shown(play)
    assert play.model.settings["SecurityCtrlr.SecurityProfile"] == "3"

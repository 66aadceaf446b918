from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.arrivals import MadeDoor, arrival, trusted
from tests.fakes.builders import password_credential, station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import FakeClock
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.passwords.csms_passwords import CsmsPasswordBox
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.gateway.csms.attestation import FACTS, Attestation
from voltward.gateway.csms.route_settings import CsmsSettings
from voltward.gateway.door.judging import Judgement
from voltward.usecases.admission.admission_registry import StationEntry

P2, P3 = SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE
ROOT = MadeAuthority.create("Station CA")
LEAF = ROOT.issue("SN-CP001", "Example CPO")
PASSWORD = b"any password at all"


def judge(
    identity: str = "CP001",
    *,
    by_certificate: bool = False,
    serial: str | None = "SN-CP001",
    observed: bool = False,
) -> Judgement:
    """A judgement of a registered station; its password is wrong, and only observing lets it in."""
    made = MadeDoor(FakeClock(SystemClock().now()))
    if observed:
        made.observe()
    try:
        made.registry.set_authorities([trusted(ROOT)])
        profile = P3 if by_certificate else P2
        record = station(identity, profile=profile, floor=profile, serial=serial)
        made.registry.put_station(StationEntry(record, (password_credential(identity),)))
        if by_certificate:
            came = arrival(identity, leaf=LEAF, root=ROOT, at=made.clock.now())
        else:
            came = arrival(identity, password=PASSWORD, at=made.clock.now())
        return asyncio.run(made.door.judge(came))
    finally:
        made.close()


@pytest.fixture(scope="module")
def by_certificate() -> Judgement:
    return judge(by_certificate=True)


@pytest.fixture(scope="module")
def by_password() -> Judgement:
    return judge()


def test_the_facts_are_those_that_were_verified(by_certificate: Judgement) -> None:
    assert Attestation({}).attested(by_certificate) == {
        "station": "CP001",
        "tenant": "default",
        "profile": "3",
        "serial": "SN-CP001",
        "fingerprint": LEAF.fingerprint.hex(),
        "credential": "certificate",
        "control": "",
        "lane": "",
        "controller": "",
    }


def test_where_a_password_opened_no_fingerprint_is_attested(by_password: Judgement) -> None:
    facts = Attestation({}).attested(by_password)

    assert (facts["profile"], facts["fingerprint"]) == ("2", "")
    assert set(facts) == set(FACTS)


def test_the_default_headers_carry_the_facts(by_certificate: Judgement) -> None:
    headers = dict(Attestation(CsmsSettings().headers).for_judgement(by_certificate))

    assert headers["X-Voltward-Station"] == "CP001"
    assert headers["X-Voltward-Fingerprint"] == LEAF.fingerprint.hex()
    assert "Authorization" not in headers


def test_a_header_without_a_value_is_left_out(by_password: Judgement) -> None:
    assert "X-Voltward-Fingerprint" not in dict(
        Attestation(CsmsSettings().headers).for_judgement(by_password)
    )


def test_the_stations_own_password_is_passed_on_where_that_is_chosen(by_password: Judgement) -> None:
    ((name, value),) = Attestation({}, "pass").for_judgement(by_password)

    assert (name, value) == ("Authorization", b"Basic " + base64.b64encode(b"CP001:" + PASSWORD))


def test_where_no_password_came_none_is_passed_on(by_certificate: Judgement) -> None:
    assert Attestation({}, "pass").for_judgement(by_certificate) == []


def test_a_password_for_all_is_sent_under_its_user(by_certificate: Judgement) -> None:
    shared = Attestation({}, "shared", "gw-{station}", Secret(b"shared"))

    ((_, value),) = shared.for_judgement(by_certificate)

    assert value == b"Basic " + base64.b64encode(b"gw-CP001:shared")


def test_the_password_that_is_kept_for_a_station_is_opened_for_its_dial(by_password: Judgement) -> None:
    box = CsmsPasswordBox(Secret(b"k" * 32))
    stored = Attestation({}, "stored", "gw-{station}", box=box)
    with pytest.raises(OutsideFault, match="no password for the CSMS is kept"):
        stored.for_judgement(by_password)

    assert by_password.entry is not None
    sealed = box.sealed(StationId("CP001"), Secret(b"kept"), b"n" * 12)
    kept = replace(by_password.entry, station=replace(by_password.entry.station, csms_password=sealed))

    ((_, value),) = stored.for_judgement(replace(by_password, entry=kept))
    assert value == b"Basic " + base64.b64encode(b"gw-CP001:kept")


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authorization",
        "Host",
        "Connection",
        "Sec-WebSocket-Key",
        "Cookie",
        "",
        "-",
        "X Y",
        "X:Y",
        "X\r\nY",
        "Größe",
    ],
)
def test_a_header_that_would_break_the_request_cannot_be_set(name: str) -> None:
    with pytest.raises(OperatorFault, match="cannot be set"):
        Attestation({name: "{station}"}).check()


@pytest.mark.parametrize(
    "template",
    [
        "{password}",
        "{0}",
        "{}",
        "{station.__class__}",
        "{station[0]}",
        "{station!r}",
        "{station:>9}",
        "{station",
        "}",
        "a\r\nX: b",
        "é",
    ],
)
def test_a_template_names_facts_and_nothing_else(template: str) -> None:
    with pytest.raises(OperatorFault, match="no text with facts in it") as caught:
        Attestation({"X-Station": template}).check()
    assert "{station}" in caught.value.mend


@pytest.mark.parametrize(
    "template", ["", "fixed", "{station}/{serial} {{literal}}", *("{" + fact + "}" for fact in FACTS)]
)
def test_facts_and_fixed_text_may_stand_in_a_template(template: str) -> None:
    Attestation({"X-Station": template}).check()


@given(identity=st.text(min_size=1, max_size=20), serial=st.text(max_size=20))
def test_nothing_that_a_record_holds_can_begin_another_header(
    identity: str, serial: str, by_password: Judgement
) -> None:
    hostile = _renamed(by_password, identity, serial)

    headers = Attestation({"X-A": "{station}", "X-B": "x{serial}"}).for_judgement(hostile)

    for _, value in headers:
        assert isinstance(value, str)
        assert value.isascii()
        assert value.isprintable()


@given(template=st.text(max_size=30))
def test_any_template_is_either_refused_or_can_be_filled(template: str, by_password: Judgement) -> None:
    attestation = Attestation({"X-Station": template})
    try:
        attestation.check()
    except OperatorFault:
        return
    attestation.for_judgement(by_password)


def _renamed(judgement: Judgement, identity: str, serial: str) -> Judgement:
    assert judgement.entry is not None
    record = replace(judgement.entry.station, id=StationId(identity), serial=serial)
    return replace(
        judgement,
        arrival=replace(judgement.arrival, station=StationId(identity)),
        entry=replace(judgement.entry, station=record),
    )


# -- observing


def test_nothing_is_attested_of_who_proved_nothing() -> None:
    facts = Attestation({}).attested(judge(observed=True))

    assert facts == {
        "station": "CP001",
        "tenant": "default",
        "profile": "0",
        "serial": "",
        "fingerprint": "",
        "credential": "none",
        "control": "AUTH-02",
        "lane": "",
        "controller": "",
    }


@pytest.mark.parametrize("basic", ["pass", "shared"])
def test_an_observed_stations_header_goes_on_as_it_came_and_a_shared_one_never_speaks_for_it(
    basic: Literal["pass", "shared"],
) -> None:
    judgement = judge(observed=True)
    attestation = Attestation({}, basic, shared_password=Secret(b"the gateway's own"))

    assert judgement.arrival.header is not None
    assert attestation.for_judgement(judgement) == [("Authorization", judgement.arrival.header.reveal())]
    assert attestation.passes_own_header(judgement)


def test_no_header_is_passed_on_where_none_is_wanted() -> None:
    attestation = Attestation({}, "none")

    assert attestation.for_judgement(judge(observed=True)) == []
    assert not attestation.passes_own_header(judge(observed=True))


def test_an_enforced_stations_header_is_written_anew(by_password: Judgement) -> None:
    assert not Attestation({}, "pass").passes_own_header(by_password)

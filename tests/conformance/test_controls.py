"""Every control that is judged at the door has a station that passes it and one that fails it.

A control without a row here, or a row without a control, fails the build; so does a control that is enforced
elsewhere and names no test that proves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conformance.stations import (
    DAY,
    NOW,
    P1,
    P2,
    P3,
    asking_station,
    authority_certificate,
    boot,
    certificate,
    certificate_station,
    chain_of,
    commissioning_station,
    factory_station,
    listed_station,
    password_station,
    plain_station,
    silent_station,
    stranger,
    with_,
)
from voltward.domain.credential import CredentialState
from voltward.domain.enforcement import Action, Answer, Policy, Weighing, decide
from voltward.domain.finding import Outcome, Verdict
from voltward.domain.quirk import Quirk
from voltward.domain.security_profile import Allowance
from voltward.domain.station import Standing
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.control import Moment
from voltward.rulebook.evaluate import Evaluator
from voltward.rulebook.observation import (
    AuthorizationForm,
    BootObservation,
    ConnectionObservation,
    ListKnown,
    PasswordOutcome,
    PublicKeySeen,
)
from voltward.rulebook.signing_observation import SigningRequestObservation

ROOT = Path(__file__).parents[2]
RULEBOOK = load_rulebook()
EVALUATOR = Evaluator(RULEBOOK)

Observation = ConnectionObservation | BootObservation | SigningRequestObservation

_P = password_station()
_C = certificate_station()
_A = asking_station()
_L = listed_station()

STATIONS: Mapping[str, tuple[Observation, Observation]] = {  # control: (passes, fails)
    "ID-01": (_P, with_(with_(_P, "request.identity", None), "request.identity_problem", "bad-encoding")),
    "ID-03": (_P, replace(stranger(), collides_with="cp-7")),
    "ID-02": (_P, stranger()),
    "ID-05": (_P, with_(_P, "request.oddities", (Quirk.TRAILING_SLASH,))),
    "ID-04": (_P, with_(_P, "request.user_matches", value=False)),
    "STN-01": (_P, with_(_P, "station.standing", Standing.RETIRED)),
    "STN-02": (_P, with_(_P, "station.standing", Standing.QUARANTINED)),
    "TLS-01": (plain_station(), replace(plain_station(), station=_P.station)),
    "TLS-02": (_P, with_(_P, "tls.version", "TLSv1.1")),
    "TLS-03": (_P, with_(_P, "tls.suite", "ECDHE-RSA-AES128-SHA")),
    "TLS-04": (_P, with_(_P, "tls.compressed", value=True)),
    "TLS-06": (_P, with_(_P, "tls.resumed", value=True)),
    "TLS-07": (_P, with_(_P, "tls.suite", "AES128-GCM-SHA256")),
    "PROF-03": (plain_station(), with_(plain_station(), "listener.source_listed", value=False)),
    "PROF-01": (_C, replace(_P, station=_C.station)),
    "PROF-02": (_P, replace(_P, station=plain_station().station)),
    "AUTH-01": (_P, silent_station()),
    "AUTH-07": (_P, with_(_P, "request.authorization", AuthorizationForm.MALFORMED)),
    "AUTH-06": (_P, with_(_P, "password.outcome", PasswordOutcome.UNVERIFIED)),
    "AUTH-02": (_P, with_(_P, "password.outcome", PasswordOutcome.WRONG)),
    "AUTH-04": (_P, with_(_P, "password.usable", value=False)),
    "AUTH-09": (
        commissioning_station(),
        with_(commissioning_station(), "station.has_proven_credential", value=True),
    ),
    "AUTH-05": (_P, commissioning_station()),
    "AUTH-08": (_P, with_(_P, "password.state", CredentialState.SUPERSEDED)),
    "AUTH-03": (_P, with_(_P, "password.length", 8)),
    "AUTH-10": (_P, with_(_P, "password.default_of", "a number of 8 digits")),
    "AUTH-11": (_P, with_(_P, "password.shared", value=True)),
    "CERT-01": (_C, replace(_P, station=_C.station)),
    "CERT-04": (_C, with_(_C, "certificate.denied", "key compromise")),
    "CERT-02": (_C, with_(_C, "chain.authority", None)),
    "CERT-07": (_C, with_(_C, "chain.leaf.is_ca", value=True)),
    "CERT-18": (_L, with_(_L, "certificate.listed", ListKnown(NOW + DAY, revoked=True))),
    "CERT-17": (_C, with_(_C, "certificate.controller", "LC-1")),
    "CERT-05": (_C, with_(_C, "chain.leaf.common_names", ("SN-00071",))),
    "CERT-10": (_C, with_(_C, "certificate.other_station", "CP-8")),
    "CERT-06": (_C, with_(_C, "chain.leaf.organisations", ("Not Example CPO",))),
    "CERT-14": (_C, with_(_C, "certificate.state", CredentialState.RETIRED)),
    "CERT-03": (_C, replace(_C, chain=chain_of(certificate(not_after=NOW - DAY)))),
    "CERT-19": (_L, with_(_L, "certificate.listed", ListKnown(NOW - DAY))),
    "CERT-08": (_C, replace(_C, chain=chain_of(certificate(key=PublicKeySeen("rsa", 1024))))),
    "CERT-09": (_C, replace(_C, chain=chain_of(certificate(signature_hash="sha1")))),
    "CERT-12": (_C, with_(_C, "chain.leaf.common_names", ("csms.example",))),
    "CERT-16": (factory_station(), with_(factory_station(), "station.has_proven_credential", value=True)),
    "CERT-11": (_C, factory_station()),
    "CERT-13": (_C, with_(_C, "certificate.state", CredentialState.SUPERSEDED)),
    "CERT-15": (
        replace(_P, chain=_C.chain, certificate=_C.certificate),
        with_(replace(_P, chain=_C.chain, certificate=_C.certificate), "certificate.denied", "lost"),
    ),
    "WS-02": (_P, with_(_P, "request.oddities", (Quirk.NO_CONNECTION_UPGRADE,))),
    "WS-01": (_P, with_(_P, "request.spoken", ())),
    "BOOT-01": (boot(), replace(boot(), serial="SN-0008")),
    "CSR-01": (_A, replace(_A, request=None, unreadable="nothing was sent")),
    "CSR-02": (_A, with_(_A, "request.proves_possession", value=False)),
    "CSR-03": (_A, with_(_A, "request.key", PublicKeySeen("rsa", 1024))),
    "CSR-04": (_A, with_(_A, "request.key", PublicKeySeen("ec", 224, "secp224r1"))),
    "CSR-05": (_A, with_(_A, "request.weaknesses", ("roca",))),
    "CSR-06": (_A, with_(_A, "known.other_station", "CP-8")),
    "CSR-07": (_A, with_(_A, "request.signature_hash", "sha1")),
    "CSR-09": (_A, with_(_A, "request.common_names", ("SN-0008",))),
    "CSR-10": (_A, with_(_A, "request.common_names", ("csms.example",))),
    "CSR-08": (_A, with_(_A, "request.organisations", ("Not Example CPO",))),
    "CSR-11": (_A, with_(_A, "known.in_use", value=True)),
    "CSR-12": (_A, with_(_A, "request.asks_to_be_ca", value=True)),
    "CSR-13": (_A, with_(_A, "request.asked_beyond", ("keyUsage", "subjectAltName"))),
    "CSR-14": (_A, with_(_A, "request.oddities", ("hexadecimal",))),
}

# What the TLS engine, the waiting room and the relay enforce cannot be shown by an observation.
PROVED_ELSEWHERE: Mapping[str, str] = {
    "TLS-05": "tests/unit/wire/test_tls.py",
    "TLS-08": "tests/unit/wire/test_tls.py",
    "TLS-09": "tests/unit/wire/test_tls.py",
    "LINK-01": "tests/playbooks/test_second_connection.py",
    "LINK-02": "tests/unit/detection/test_half_open.py",
    "HEAD-01": "tests/unit/wire/test_upgrade.py",
    "THR-01": "tests/unit/detection/test_guessing.py",
    "JRN-01": "tests/unit/detection/test_refusals.py",
    "MSG-01": "tests/unit/ocpp/test_frames.py",
    "MSG-02": "tests/unit/ocpp/test_frames.py",
    "MSG-03": "tests/playbooks/test_call_correlation.py",
    "MSG-04": "tests/playbooks/test_call_correlation.py",
    "MSG-05": "tests/playbooks/test_call_correlation.py",
    "MSG-06": "tests/playbooks/test_station_session.py",
    "MSG-07": "tests/unit/gateway/links/test_csms_certificates.py",
    "MSG-08": "tests/unit/usecases/trust/test_judge_anchor.py",
    "MSG-09": "tests/unit/usecases/trust/test_judge_anchor.py",
    "CMD-01": "tests/unit/ocpp/test_command_policy.py",
    "CMD-02": "tests/unit/ocpp/test_command_policy.py",
    "CMD-03": "tests/unit/ocpp/test_command_policy.py",
    "CMD-04": "tests/unit/ocpp/test_command_policy.py",
    "CMD-05": "tests/unit/ocpp/test_command_policy.py",
    "CMD-06": "tests/unit/ocpp/test_command_policy.py",
    "CMD-07": "tests/unit/ocpp/test_command_policy.py",
}

# Failing it brings another failure along that weighs as much and is told first: the one that decides.
TOLD_BY_ANOTHER = {
    "CERT-01": "PROF-01",  # a station that has to have a certificate and has none came with a password
    "CERT-12": "CERT-05",  # a server's name is no station's either
    "CSR-10": "CSR-09",
}


@pytest.mark.parametrize("control", STATIONS)
def test_one_station_passes_and_one_fails(control: str) -> None:
    passing, failing = STATIONS[control]

    assert _outcome(control, passing) is Outcome.PASS
    assert _outcome(control, failing) is Outcome.FAIL


@pytest.mark.parametrize("control", STATIONS)
def test_a_failure_says_what_was_seen(control: str) -> None:
    (verdict,) = [v for v in _verdicts(STATIONS[control][1]) if v.control == control]

    assert verdict.detail


@pytest.mark.parametrize("control", [c for c in STATIONS if RULEBOOK.defaults[c] is not Action.RECORD])
def test_a_failure_alone_decides_as_the_rulebook_says(control: str) -> None:
    decision = decide(_verdicts(STATIONS[control][1]), _weighing(), NOW)

    assert decision.answer.value == RULEBOOK.defaults[control].value
    assert decision.deciding is not None
    assert decision.deciding.control == TOLD_BY_ANOTHER.get(control, control)


@pytest.mark.parametrize("station", [plain_station(), _P, _C], ids=["profile 1", "profile 2", "profile 3"])
def test_a_good_station_is_admitted_with_nothing_to_say(station: ConnectionObservation) -> None:
    decision = decide(EVALUATOR.connection(station), _weighing(), NOW)

    assert decision.answer is Answer.ADMIT
    assert decision.failed == ()


def test_a_good_request_is_granted_with_nothing_to_say() -> None:
    decision = decide(EVALUATOR.signing_request(_A), _weighing(), NOW)

    assert decision.answer is Answer.ADMIT
    assert decision.failed == ()


@pytest.mark.parametrize(
    "station", [commissioning_station(), factory_station()], ids=["password", "certificate"]
)
def test_a_newcomer_is_quarantined(station: ConnectionObservation) -> None:
    assert decide(EVALUATOR.connection(station), _weighing(), NOW).answer is Answer.QUARANTINE


def test_every_control_has_its_stations_or_its_proof() -> None:
    seen = (Moment.CONNECTION, Moment.BOOT, Moment.CERTIFICATE)
    judged = {c.id for c in RULEBOOK.controls if c.moment in seen}
    elsewhere = {control.id for control in RULEBOOK.controls} - judged

    assert set(STATIONS) == judged
    assert set(PROVED_ELSEWHERE) == elsewhere


def test_the_proofs_exist() -> None:
    missing = sorted({path for path in PROVED_ELSEWHERE.values() if not (ROOT / path).is_file()})

    assert missing == []


@pytest.mark.parametrize(("used", "station"), [(P1, plain_station()), (P2, _P)])
def test_an_upgrade_under_way_leaves_the_old_profile_open(used: int, station: ConnectionObservation) -> None:
    raised = with_(station, "station.profile", P3)

    assert raised.profile_used == used
    assert decide(EVALUATOR.connection(raised), _weighing(), NOW).answer is Answer.ADMIT


def test_an_allowance_opens_a_lower_profile_until_its_end() -> None:
    fallen = replace(_P, station=_C.station)
    for until, answer in ((NOW + DAY, Answer.ADMIT), (NOW, Answer.REFUSE)):
        allowed = with_(fallen, "station.allowance", Allowance(P2, until, "ann", "board exchanged"))

        assert decide(EVALUATOR.connection(allowed), _weighing(), NOW).answer is answer


def test_a_certificate_is_good_up_to_the_second_of_its_end() -> None:
    last = replace(_C, chain=chain_of(certificate(not_after=NOW)))
    late = replace(last, at=NOW + timedelta(seconds=1))

    assert _outcome("CERT-03", last) is Outcome.PASS
    assert _outcome("CERT-03", late) is Outcome.FAIL


def test_an_intermediate_is_judged_like_the_leaf() -> None:
    weak = authority_certificate(
        fingerprint=b"\x02" * 32, signature_hash="md5", key=PublicKeySeen("rsa", 1024)
    )
    chain = chain_of(certificate(), replace(weak, not_after=NOW - DAY), authority_certificate())
    verdicts = {v.control: v.outcome for v in EVALUATOR.connection(replace(_C, chain=chain))}

    assert [verdicts[c] for c in ("CERT-03", "CERT-08", "CERT-09")] == [Outcome.FAIL] * 3


def _weighing() -> Weighing:
    return Weighing(RULEBOOK.defaults, Policy("default", {}), softest=RULEBOOK.softest)


def _verdicts(observation: Observation) -> tuple[Verdict, ...]:
    if isinstance(observation, BootObservation):
        return EVALUATOR.boot(observation)
    if isinstance(observation, SigningRequestObservation):
        return EVALUATOR.signing_request(observation)
    return EVALUATOR.connection(observation)


def _outcome(control: str, observation: Observation) -> Outcome | None:
    return {v.control: v.outcome for v in _verdicts(observation)}.get(control)

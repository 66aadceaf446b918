"""Whatever is combined, nobody comes in without a proof: the rulebook as a whole, under any policy.

The properties are told in words of their own, not by asking the checks again.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.stations import (
    DAY,
    NOW,
    OPERATOR,
    SERIAL,
    certificate_station,
    factory_station,
    password_station,
    plain_station,
    with_,
)
from voltward.domain.authority import TrustedFor
from voltward.domain.credential import CredentialState, Purpose
from voltward.domain.enforcement import Action, Answer, Decision, Policy, Weighing, decide
from voltward.domain.finding import ControlException
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, Standing
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.evaluate import Evaluator
from voltward.rulebook.lane import quarantine_lane
from voltward.rulebook.observation import (
    AuthorizationForm,
    CertificateKnown,
    ConnectionObservation,
    PasswordOutcome,
)

RULEBOOK = load_rulebook()
EVALUATOR = Evaluator(RULEBOOK)
IDS = [control.id for control in RULEBOOK.controls]

_states = st.sampled_from([None, *CredentialState])
_certificates = st.builds(
    CertificateKnown,
    denied=st.sampled_from([None, "lost"]),
    state=_states,
    usable=st.booleans(),
    pinned=st.booleans(),
    other_station=st.sampled_from([None, "CP-8"]),
)


@st.composite
def observations(draw: st.DrawFn) -> ConnectionObservation:
    """Good stations with anything about them changed, a proof added or taken away."""
    makers = (plain_station, password_station, certificate_station, factory_station)
    seen = draw(st.sampled_from(makers))()
    other = draw(st.sampled_from(makers))()
    if draw(st.booleans()):
        seen = replace(seen, chain=other.chain, certificate=draw(st.none() | _certificates))
    if draw(st.booleans()):
        seen = replace(seen, password=other.password)
    if draw(st.booleans()):
        seen = with_(seen, "request.authorization", draw(st.sampled_from(AuthorizationForm)))
        seen = with_(seen, "request.user_matches", draw(st.sampled_from([None, False, True])))
    if draw(st.booleans()):
        seen = replace(seen, tls=other.tls, listener=other.listener)
    if seen.password is not None and draw(st.booleans()):
        seen = with_(seen, "password.outcome", draw(st.sampled_from(PasswordOutcome)))
        seen = with_(seen, "password.state", draw(_states))
        seen = with_(seen, "password.purpose", draw(st.sampled_from([None, *Purpose])))
    if seen.chain is not None and draw(st.booleans()):
        seen = with_(seen, "chain.problems", draw(st.sampled_from([(), ("self-signed",)])))
        seen = with_(
            seen, "chain.leaf.common_names", draw(st.sampled_from([(), (SERIAL,), ("SN-1",), (SERIAL, "b")]))
        )
        if draw(st.booleans()):
            seen = with_(seen, "chain.authority", None)
    return _with_another_record(
        draw, replace(seen, station=draw(st.sampled_from([seen.station, other.station, None])))
    )


def _with_another_record(draw: st.DrawFn, seen: ConnectionObservation) -> ConnectionObservation:
    if seen.station is None or draw(st.booleans()):
        return seen
    profile = draw(st.sampled_from(SecurityProfile))
    seen = with_(seen, "station.profile", profile)
    seen = with_(seen, "station.floor", draw(st.sampled_from([p for p in SecurityProfile if p <= profile])))
    seen = with_(seen, "station.has_proven_credential", draw(st.booleans()))
    return with_(seen, "station.standing", draw(st.sampled_from(Standing)))


_policies = st.dictionaries(st.sampled_from(IDS), st.sampled_from(Action), max_size=12)
_excepted = st.lists(st.sampled_from(IDS), max_size=6)


def _decide(seen: ConnectionObservation, actions: dict[str, Action], excepted: list[str]) -> Decision:
    exceptions = tuple(ControlException(control, NOW + DAY, "ann", "test") for control in excepted)
    weighing = Weighing(
        RULEBOOK.defaults, Policy("any", actions), exceptions, quarantine_lane(seen), RULEBOOK.softest
    )
    return decide(EVALUATOR.connection(seen), weighing, NOW)


@settings(max_examples=400)
@given(observations(), _policies, _excepted)
def test_whoever_is_not_refused_has_shown_a_proof_of_a_registered_station(
    seen: ConnectionObservation, actions: dict[str, Action], excepted: list[str]
) -> None:
    decision = _decide(seen, actions, excepted)

    if decision.answer is not Answer.REFUSE:
        assert seen.station is not None
        assert seen.station.standing is not Standing.RETIRED
        assert seen.request.spoken
        assert _password_is_right(seen) or _certificate_is_right(seen)


@settings(max_examples=400)
@given(observations(), _policies, _excepted)
def test_whoever_is_admitted_has_a_production_credential_and_is_not_held(
    seen: ConnectionObservation, actions: dict[str, Action], excepted: list[str]
) -> None:
    decision = _decide(seen, actions, excepted)

    if decision.answer is Answer.ADMIT:
        assert seen.station is not None
        assert seen.station.standing is not Standing.QUARANTINED
        assert _comes_with_production_credential(seen)


@settings(max_examples=400)
@given(observations(), _policies, _excepted)
def test_the_repair_lane_is_for_proven_stations_with_a_production_credential(
    seen: ConnectionObservation, actions: dict[str, Action], excepted: list[str]
) -> None:
    decision = _decide(seen, actions, excepted)

    if decision.lane is Lane.REPAIR:
        assert seen.station is not None
        assert seen.station.has_proven_credential
        assert _comes_with_production_credential(seen)


def _password_is_right(seen: ConnectionObservation) -> bool:
    return (
        seen.request.authorization is AuthorizationForm.BASIC
        and seen.password is not None
        and seen.password.outcome is PasswordOutcome.MATCHED
        and seen.password.state not in (None, CredentialState.RETIRED)
        and seen.password.usable
    )


def _certificate_is_right(seen: ConnectionObservation) -> bool:
    known, chain = seen.certificate, seen.chain
    return (
        seen.tls is not None
        and known is not None
        and chain is not None
        and chain.authority is not None
        and not chain.problems
        and known.denied is None
        and known.other_station is None
        and known.state is not CredentialState.RETIRED
        and (chain.leaf.common_names == (SERIAL,) or known.pinned)
        and chain.leaf.organisations in ((OPERATOR,), ("Example Maker",))
    )


def _comes_with_production_credential(seen: ConnectionObservation) -> bool:
    if seen.profile_used is SecurityProfile.TLS_CERTIFICATE:
        authority = seen.chain.authority if seen.chain is not None else None
        return authority is not None and authority.trusted_for is TrustedFor.STATIONS
    return seen.password is not None and seen.password.purpose is Purpose.PRODUCTION

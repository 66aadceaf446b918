from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import IDENTITY, certificate_station, factory_station, password_station, with_
from voltward.domain.authority import Binding, BindingRule
from voltward.domain.credential import CredentialState
from voltward.domain.finding import Outcome
from voltward.rulebook.checks import ConnectionCheck, ownership
from voltward.rulebook.checks.result import NOT_APPLICABLE

STATION = certificate_station()


@pytest.mark.parametrize("check", [ownership.not_denied, ownership.bound_to_station, ownership.one_station])
def test_a_certificate_that_was_not_looked_up_is_no_pass(check: ConnectionCheck) -> None:
    assert check(replace(STATION, certificate=None), {}).outcome is Outcome.NOT_OBSERVED
    assert check(password_station(), {}) is NOT_APPLICABLE


def test_a_denial_without_a_reason_is_a_denial() -> None:
    assert ownership.not_denied(with_(STATION, "certificate.denied", ""), {}).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("binding", "name", "outcome"),
    [
        (Binding(), "SN-0007", Outcome.PASS),
        (Binding(), "SN-00071", Outcome.FAIL),
        (Binding(), "sn-0007", Outcome.FAIL),
        (Binding(BindingRule.IDENTITY_IN_COMMON_NAME), IDENTITY, Outcome.PASS),
        (Binding(BindingRule.IDENTITY_IN_COMMON_NAME), "SN-0007", Outcome.FAIL),
        (Binding(BindingRule.PATTERN, "DE-(?P<serial>.*)"), "DE-SN-0007", Outcome.PASS),
        (Binding(BindingRule.FINGERPRINT), "SN-0007", Outcome.FAIL),
    ],
)
def test_a_name_is_bound_by_the_rule_of_its_authority(binding: Binding, name: str, outcome: Outcome) -> None:
    seen = with_(with_(STATION, "chain.authority.binding", binding), "chain.leaf.common_names", (name,))

    assert ownership.bound_to_station(seen, {}).outcome is outcome


def test_a_pin_opens_whatever_the_name_says_if_it_is_this_stations() -> None:
    odd = with_(with_(STATION, "chain.leaf.common_names", ("odd",)), "certificate.pinned", value=True)

    assert ownership.bound_to_station(odd, {}).outcome is Outcome.PASS
    assert ownership.bound_to_station(with_(odd, "certificate.state", None), {}).outcome is Outcome.FAIL


@pytest.mark.parametrize("names", [(), ("SN-0007", "SN-0008")])
def test_exactly_one_common_name_is_wanted(names: tuple[str, ...]) -> None:
    assert (
        ownership.bound_to_station(with_(STATION, "chain.leaf.common_names", names), {}).outcome
        is Outcome.FAIL
    )


def test_a_station_without_a_serial_is_bound_by_nothing() -> None:
    assert ownership.bound_to_station(with_(STATION, "station.serial", None), {}).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("names", "outcome"),
    [
        (("Example CPO",), Outcome.PASS),
        (("Other", "Example CPO"), Outcome.PASS),
        (("Example CPO Ltd",), Outcome.FAIL),
        (("example cpo",), Outcome.FAIL),
        ((), Outcome.FAIL),
    ],
)
def test_a_whole_organisation_equals_a_whole_name(names: tuple[str, ...], outcome: Outcome) -> None:
    assert ownership.organisation(with_(STATION, "chain.leaf.organisations", names), {}).outcome is outcome


def test_names_listed_with_the_authority_are_accepted_too() -> None:
    partner = with_(STATION, "chain.leaf.organisations", ("Partner",))
    listed = with_(partner, "chain.authority.organisations", ("Partner",))

    assert ownership.organisation(listed, {}).outcome is Outcome.PASS
    assert ownership.organisation(replace(partner, operator_organisations=()), {}).outcome is Outcome.FAIL


def test_a_manufacturers_name_is_held_against_its_own_list_only() -> None:
    newcomer = factory_station()
    for listed, outcome in (
        ((), Outcome.NOT_APPLICABLE),
        (("Example Maker",), Outcome.PASS),
        (("Other Maker",), Outcome.FAIL),
    ):
        seen = with_(newcomer, "chain.authority.organisations", listed)
        assert ownership.organisation(seen, {}).outcome is outcome


def test_a_certificate_seen_for_the_first_time_has_no_credential_to_judge() -> None:
    new = with_(STATION, "certificate.state", None)

    assert ownership.credential_usable(new, {}) is NOT_APPLICABLE
    assert ownership.not_superseded(new, {}) is NOT_APPLICABLE


def test_a_superseded_certificate_is_usable_until_its_end() -> None:
    old = with_(STATION, "certificate.state", CredentialState.SUPERSEDED)

    assert ownership.credential_usable(old, {}).outcome is Outcome.PASS
    assert (
        ownership.credential_usable(with_(old, "certificate.usable", value=False), {}).outcome is Outcome.FAIL
    )


def test_only_a_manufacturers_certificate_can_be_past_its_use() -> None:
    assert ownership.factory_ended(STATION, {}) is NOT_APPLICABLE
    assert ownership.factory_ended(factory_station(), {}).outcome is Outcome.PASS
    assert ownership.production_certificate(password_station(), {}) is NOT_APPLICABLE


def test_a_denied_certificate_beside_a_password_is_seen() -> None:
    both = replace(password_station(), chain=STATION.chain, certificate=STATION.certificate)

    assert ownership.denied_beside_password(both, {}).outcome is Outcome.PASS
    denied = with_(both, "certificate.denied", "stolen")
    assert ownership.denied_beside_password(denied, {}).outcome is Outcome.FAIL
    assert ownership.denied_beside_password(password_station(), {}) is NOT_APPLICABLE

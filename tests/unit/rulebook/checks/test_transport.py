from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import DAY, NOW, P1, password_station, plain_station, stranger, with_
from voltward.domain.finding import Outcome
from voltward.domain.security_profile import Allowance
from voltward.rulebook.checks.result import NOT_APPLICABLE
from voltward.rulebook.checks.transport import (
    encrypted,
    forward_secrecy,
    listed_suite,
    minimum_tls_version,
    no_compression,
    no_resumption,
)

MINIMUM = {"minimum": "TLSv1.2"}
SUITES = {"suites_12": ("ECDHE-RSA-AES128-GCM-SHA256",), "suites_13": ("TLS_AES_128_GCM_SHA256",)}
STATIC_RSA = {"static_rsa": ("AES128-GCM-SHA256",)}


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("SSLv3", Outcome.FAIL),
        ("TLSv1.1", Outcome.FAIL),
        ("TLSv1.2", Outcome.PASS),
        ("TLSv1.3", Outcome.PASS),
        ("TLSv9", Outcome.FAIL),
    ],
)
def test_versions_have_an_order_and_strangers_no_place_in_it(version: str, outcome: Outcome) -> None:
    assert minimum_tls_version(with_(password_station(), "tls.version", version), MINIMUM).outcome is outcome


@pytest.mark.parametrize("suite", ["ECDHE-RSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256"])
def test_suites_of_both_lists_pass(suite: str) -> None:
    assert listed_suite(with_(password_station(), "tls.suite", suite), SUITES).outcome is Outcome.PASS


def test_a_check_of_tls_without_tls_facts_is_no_pass() -> None:
    blind = replace(password_station(), tls=None)
    results = [
        minimum_tls_version(blind, MINIMUM),
        listed_suite(blind, SUITES),
        no_compression(blind, {}),
        no_resumption(blind, {}),
        forward_secrecy(blind, STATIC_RSA),
    ]

    assert {result.outcome for result in results} == {Outcome.NOT_OBSERVED}


def test_what_a_proxy_does_not_tell_is_not_observed() -> None:
    seen = password_station()
    for fact in ("version", "suite", "compressed", "resumed"):
        seen = with_(seen, f"tls.{fact}", None)

    for result in (
        minimum_tls_version(seen, MINIMUM),
        listed_suite(seen, SUITES),
        no_compression(seen, {}),
        no_resumption(seen, {}),
        forward_secrecy(seen, STATIC_RSA),
    ):
        assert result.outcome is Outcome.NOT_OBSERVED


def test_a_plain_link_needs_a_record_that_permits_it() -> None:
    allowed = with_(
        replace(plain_station(), station=password_station().station),
        "station.allowance",
        Allowance(P1, NOW + DAY, "ann", "modem exchanged"),
    )

    assert encrypted(allowed, {}).outcome is Outcome.PASS
    assert encrypted(replace(allowed, at=NOW + DAY), {}).outcome is Outcome.FAIL
    assert encrypted(replace(stranger(), tls=None), {}) is NOT_APPLICABLE

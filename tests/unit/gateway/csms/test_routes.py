from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes.clock import FakeClock, SeededEntropy
from tests.fakes.links import Hall
from tests.fakes.routes import made_route, made_rule
from voltward.crypto.tokens.station_tokens import TokenSigner
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.csms.routes import Approach, Routes
from voltward.gateway.csms.station_token import StationToken
from voltward.ocpp import DIALECTS
from voltward.wire.upgrade import UpgradeRequest


def request(target: str, host: str = "csms.example:8443") -> UpgradeRequest:
    return UpgradeRequest(target, (("host", host.encode()),), ("ocpp1.6",), "key", 0)


def led_to(approach: Approach) -> str | None:
    return approach.route.name if approach.route is not None else None


TWO = Routes(
    [
        made_route(made_rule("a", tenant="a", hosts=("a.example",))),
        made_route(made_rule("b", hosts=("b.example",))),
    ]
)


def test_the_host_leads_to_its_route_in_any_letter_case_and_with_any_port() -> None:
    approach = TWO.approach(request("/ocpp/CP001", "A.Example:444"), None)

    assert (led_to(approach), approach.found.identity) == ("a", "CP001")
    assert not approach.is_misdirected


def test_what_leads_nowhere_is_read_with_every_dialect() -> None:
    approach = TWO.approach(request("/ocpp/CP001", "c.example"), "c.example")

    assert (led_to(approach), approach.found.problem) == (None, "no-match")
    assert approach.dialects.keys() == DIALECTS.keys()


@pytest.mark.parametrize(
    ("server_name", "is_misdirected"),
    [("a.example", False), ("A.EXAMPLE", False), (None, False), ("b.example", True), ("c.example", True)],
)
def test_tls_for_one_route_and_a_request_for_another_are_misdirected(
    server_name: str | None, is_misdirected: bool
) -> None:
    approach = TWO.approach(request("/ocpp/CP001", "a.example"), server_name)

    assert approach.is_misdirected is is_misdirected


def test_where_no_route_asks_for_the_host_names_may_differ() -> None:
    routes = Routes([made_route()])

    assert not routes.approach(request("/ocpp/CP001", "a.example"), "b.example").is_misdirected


def test_where_both_names_lead_to_one_route_they_may_differ() -> None:
    routes = Routes([made_route(made_rule("a", hosts=("a.example", "old.example")))])

    assert not routes.approach(request("/ocpp/CP001", "a.example"), "old.example").is_misdirected


def test_a_route_is_found_by_its_name_as_long_as_it_is_there() -> None:
    assert TWO.named("a") is not None
    assert TWO.named("gone") is None


def test_routes_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(OperatorFault):
        Routes([made_route(made_rule("a")), made_route(made_rule("b"))])


def test_where_a_route_swears_its_key_is_published_and_its_dials_carry_the_token() -> None:
    token = StationToken(TokenSigner(Secret(b"s" * 32)), "X-Voltward-Token", "a", 60.0)
    swearing = replace(made_route(made_rule("a")), token=token)
    judgement = asyncio.run(Hall().judge())

    headers = dict(swearing.headers_for(judgement, FakeClock(), SeededEntropy()))

    assert str(headers["X-Voltward-Token"]).startswith("Bearer ")
    assert Routes([swearing]).key_set == token.signer.key_set
    assert TWO.key_set == b""
    assert dict(made_route().headers_for(judgement, FakeClock(), SeededEntropy())) == {}


def test_nothing_is_sworn_about_a_station_that_is_only_observed() -> None:
    hall = Hall()
    hall.made.observe()
    hall.enter(profile=SecurityProfile.TLS_BASIC, floor=SecurityProfile.TLS_BASIC)
    token = StationToken(TokenSigner(Secret(b"s" * 32)), "X-Voltward-Token", "a", 60.0)
    indulged = asyncio.run(hall.judge())  # a certificate, where a password is registered

    assert indulged.decision.is_indulged
    assert replace(made_route(), token=token).headers_for(indulged, FakeClock(), SeededEntropy()) == []

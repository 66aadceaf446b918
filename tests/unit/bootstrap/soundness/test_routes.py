from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.builders import station
from tests.fakes.deployments import Site
from voltward.bootstrap.soundness.remarks import Note, Problem, Severity
from voltward.bootstrap.soundness.routes import (
    check_headers,
    check_protocols,
    check_routes,
    check_tenants_in_use,
    check_url,
    check_ways,
)
from voltward.domain.errors import OperatorFault
from voltward.domain.station import Standing
from voltward.gateway.csms.route_settings import CsmsSettings

ACME = 'route.acme={path="/acme/{station}", tenant="acme", csms={url="wss://acme.example/"}}'


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    """Settings alone, without keys or a store."""
    (tmp_path / "voltward.toml").write_text('[csms]\nurl = "ws://127.0.0.1:9000/ocpp"\n')
    return Site(tmp_path)


def test_one_sound_route_needs_no_words(plain: Site) -> None:
    settings = plain.settings()

    assert [*check_routes(settings), *check_ways(settings)] == []


def test_of_several_routes_the_order_is_told(plain: Site) -> None:
    notes = [remark.what for remark in check_routes(plain.settings(ACME))]

    assert [what.split(",")[0] for what in notes] == [
        "the route acme: /acme/ID",
        "the route default: /ocpp/ID",
    ]


def test_a_path_without_a_place_for_the_identity_is_a_fault(plain: Site) -> None:
    with pytest.raises(OperatorFault) as caught:
        list(check_routes(plain.settings("gateway.path=/ocpp")))
    assert caught.value.subject == "gateway.path"


def test_everything_wrong_with_every_way_is_told(plain: Site) -> None:
    settings = plain.settings(
        'csms.protocols=["mqtt"]',
        "csms.url=http://csms.example/",
        'route.acme={tenant="acme", csms={headers={"Host"="x"}}}',
    )

    told = [remark.what for remark in check_ways(settings)]

    assert [what.partition(":")[0] for what in told[:3]] == [
        "csms.protocols",
        "csms.url",
        "route.acme.csms.headers",
    ]
    assert told[3] == "there is no CSMS to relay to."


def test_dialects_and_headers_that_there_are_need_no_words() -> None:
    csms = CsmsSettings(protocols=["ocpp1.6"])

    assert [*check_protocols(csms, "csms"), *check_headers(csms, "csms")] == []


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:9000/", "ws://[::1]/", "ws://localhost/", "wss://csms.example/{station}"]
)
def test_a_csms_nearby_or_over_tls_may_get_passwords(url: str) -> None:
    assert list(check_url(CsmsSettings(url=url, basic="pass"), "csms")) == []


def test_passwords_in_the_open_are_a_problem_and_facts_a_note() -> None:
    url = "ws://csms.example/"

    assert [type(remark) for remark in check_url(CsmsSettings(url=url), "csms")] == [Note]
    problem, _ = check_url(CsmsSettings(url=url, basic="pass"), "route.acme.csms")
    assert isinstance(problem, Problem)
    assert problem.severity is Severity.WARNING
    assert "route.acme.csms.basic" in problem.what


def test_a_tenant_that_no_route_leads_to_is_told_unless_its_stations_are_retired(plain: Site) -> None:
    stations = [
        station(),
        station(tenant="acme"),
        station(tenant="gone", standing=Standing.RETIRED),
        station(tenant="lost"),
    ]

    (problem,) = check_tenants_in_use(stations, plain.settings(ACME))

    assert "'lost'" in problem.what

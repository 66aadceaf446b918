from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.gateway.station_places import station_places
from voltward.bootstrap.soundness.policies import check_places
from voltward.domain.errors import OperatorFault
from voltward.lifecycles.upgrade_state import NetworkPlace

HERE = "wss://csms.example:8443/ocpp"


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[operator]\nname = "Example CPO"\n')
    return Site(tmp_path)


def test_a_group_has_its_own_place_as_far_as_it_says_so(plain: Site) -> None:
    own = 'group.north.endpoint="wss://north.example/ocpp"', 'group.south.interface="Wireless0"'
    places = station_places(plain.settings(f'certificates.endpoint="{HERE}"', *own))

    assert places("default") == NetworkPlace(HERE, "Wired0")
    assert places("north") == NetworkPlace("wss://north.example/ocpp", "Wired0")
    assert places("south") == NetworkPlace(HERE, "Wireless0")


def test_without_a_word_there_is_no_place(plain: Site) -> None:
    assert station_places(plain.settings())("default").url == ""


@pytest.mark.parametrize(
    "url",
    [
        "ws://csms.example/ocpp",
        "csms.example",
        "wss:///ocpp",
        "wss://csms.example:0/ocpp",
        "wss://csms.example:x/ocpp",
        "wss://csms.example/ocpp/{station}",
        "wss://csms.example/ocpp?a=b",
        "wss://user@csms.example/ocpp",
        "wss://csms.example/" + "x" * 512,
    ],
)
def test_a_place_that_no_station_could_dial_is_named(plain: Site, url: str) -> None:
    settings = plain.settings(f'group.north.endpoint="{url}"')
    with pytest.raises(OperatorFault, match="no endpoint of stations") as refused:
        station_places(settings)
    assert refused.value.subject == "[group.north]"
    with pytest.raises(OperatorFault):
        list(check_places(settings))


def test_an_interface_that_no_station_has_is_named(plain: Site) -> None:
    with pytest.raises(OperatorFault, match="no interface of a station"):
        station_places(plain.settings('certificates.interface="eth0"'))

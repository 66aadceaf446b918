from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltward.domain.errors import OperatorFault
from voltward.domain.route import csms_url
from voltward.gateway.csms.station_uri import station_uri
from voltward.wire.upgrade_client import parse_websocket_url

TEMPLATES = (
    "ws://csms",
    "ws://csms:9000/ocpp/",
    "ws://csms/ocpp?x=1",
    "wss://csms.example:8443/{station}/ocpp?who={station}&x=1",
    "ws://[::1]:9000/a/{station}",
    "ws://{station}.csms.example/ocpp",
)


@settings(max_examples=50)
@given(st.sampled_from(TEMPLATES), st.text(min_size=1, max_size=20))
def test_it_is_the_url_of_the_station_taken_apart(template: str, identity: str) -> None:
    if "{station}." in template:
        identity = "CP001"
    assert station_uri(template, identity) == parse_websocket_url(csms_url(template, identity))


def test_what_is_no_url_of_a_websocket_is_refused() -> None:
    with pytest.raises(OperatorFault):
        station_uri("http://csms/ocpp", "CP001")

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.simulator.certificate_play import Play, certify, dial, status
from tests.unit.simulator.station_play import T0
from voltward.domain.secret import Secret
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.faults import Fault
from voltward.simulator.frames import Payload
from voltward.simulator.station import StationModel

URL = "wss://new.example:9443/ocpp"
PRIORITY = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}


def begin(*faults: Fault) -> Play:
    """A station of profile 2, which has a root and no certificate."""
    brought = replace(dial(), login=PasswordLogin(Secret(b"a password of 22 signs")))
    return Play.begin("ocpp2.0.1", *faults, brought=brought)


def certified(*faults: Fault) -> Play:
    """It has a certificate, and a network of profile 3 in slot 2."""
    play = begin(*faults)
    play.deliver(certify(play.request()))
    assert status(offer(play)) == "Accepted"
    return play


def offer(play: Play, slot: int = 2, profile: int = 3, url: str = URL) -> list:
    data = {"securityProfile": profile, "ocppCsmsUrl": url}
    return play.ask("SetNetworkProfile", {"configurationSlot": slot, "connectionData": data})


def reason(said: list) -> str:
    payload: Payload = said[0].payload
    return payload["statusInfo"]["reasonCode"]


def prefer(play: Play, order: str) -> str:
    said = play.ask("SetVariables", {"setVariableData": [{**PRIORITY, "attributeValue": order}]})
    payload: Payload = said[0].payload or {}
    return payload["setVariableResult"][0]["attributeStatus"]


def order_of(play: Play) -> str:
    return play.model.settings["OCPPCommCtrlr.NetworkConfigurationPriority"]


def test_it_goes_by_the_first_of_its_order_when_it_has_restarted_and_the_old_one_goes() -> None:
    play = certified()
    assert prefer(play, "2,1") == "RebootRequired"
    assert play.model.dress(play.dial, T0).endpoint.port == 8443  # not before

    play.ask("Reset", {"type": "OnIdle"})
    dressed = play.model.dress(play.dial, T0)
    assert (dressed.url, dressed.login is play.dial.login) == ("wss://new.example:9443/ocpp/CP-1", False)
    play.connect(T0)
    assert order_of(play) == "2"
    assert prefer(play, "2,1") == "Rejected"  # the lower one is forgotten (A05.FR.06)


@pytest.mark.parametrize("why", [StationModel.not_reached, StationModel.distrusted])
def test_a_network_that_leads_nowhere_is_left_again(why: Callable[[StationModel], None]) -> None:
    play = certified()
    prefer(play, "2,1")
    play.ask("Reset", {"type": "OnIdle"})
    assert play.model.dress(play.dial, T0).endpoint.port == 9443

    why(play.model)

    assert play.model.dress(play.dial, T0).endpoint.port == 8443


def test_a_network_that_does_not_work_is_left_again() -> None:
    play = certified()
    prefer(play, "2,1")
    play.ask("Reset", {"type": "OnIdle"})
    play.model.dress(play.dial, T0)

    play.model.turned_away()
    dressed = play.model.dress(play.dial, T0)

    assert (dressed.endpoint.port, isinstance(dressed.login, PasswordLogin)) == (8443, True)
    assert prefer(play, "1") == "RebootRequired"


def test_what_it_lacks_it_does_not_dial_by() -> None:
    play = begin()
    assert status(offer(play)) == "Accepted"
    assert prefer(play, "2,1") == "Rejected"  # no certificate
    play.model.memory.trust.anchors = []
    assert prefer(play, "1") == "Rejected"  # no root
    assert prefer(play, "3,1") == prefer(play, "one") == "Rejected"
    assert order_of(play) == "1"


def test_a_slot_that_there_is_not_and_a_profile_that_is_lower_or_none_are_named() -> None:
    play = begin()
    assert reason(offer(play, slot=9)) == "InvalidConfSlot"
    assert reason(offer(play, profile=1, url="ws://new.example/ocpp")) == "NoSecurityDowngrade"
    assert reason(offer(play, profile=7)) == "InvalidNetworkConf"


@pytest.mark.parametrize("url", ["ws://new.example/ocpp", "wss:///ocpp", "wss://new.example:0/", "wss://[/"])
def test_an_address_that_cannot_be_dialled_is_refused(url: str) -> None:
    assert reason(offer(begin(), url=url)) == "InvalidNetworkConf"


def test_faults() -> None:
    assert reason(offer(begin(Fault.NETWORK_REJECTED))) == "InvalidNetworkConf"
    assert prefer(certified(Fault.ORDER_REJECTED), "2,1") == "Rejected"

    play = certified(Fault.PROFILE_NOT_TAKEN_UP)
    prefer(play, "2,1")
    play.ask("Reset", {"type": "OnIdle"})
    assert play.model.dress(play.dial, T0).endpoint.port == 8443

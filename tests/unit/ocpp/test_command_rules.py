"""The conversion, and the default policy that stands in the rulebook: what it lets through and what not."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import pytest

from voltward.domain.command_rule import CommandRules, Direction, Effect, FrameKind, Passage
from voltward.domain.errors import OperatorFault
from voltward.ocpp import DIALECTS
from voltward.ocpp.command_policy import CommandPolicy, compile_policy
from voltward.ocpp.command_rules import limits_from_parameters, rules_from_control, rules_from_controls
from voltward.ocpp.frames import Call, CallResult
from voltward.ocpp.relay_answers import FORWARD, Answer, Block, Rewrite

DOWN, UP = Direction.TO_STATION, Direction.TO_CSMS
MESSAGES = tomllib.loads((files("voltward.rulebook") / "controls" / "messages.toml").read_text("utf-8"))
PARAMETERS = {control["id"]: control.get("parameters", {}) for control in MESSAGES["control"]}
ALL = rules_from_controls(PARAMETERS)
NEWER = [DIALECTS["ocpp2.0.1"], DIALECTS["ocpp2.1"]]


def admitted(subprotocol: str) -> CommandPolicy:
    return compile_policy(ALL.always, DIALECTS[subprotocol])


def in_repair(subprotocol: str) -> CommandPolicy:
    return compile_policy(ALL.always + ALL.in_repair, DIALECTS[subprotocol])


def change(key: str) -> Call:
    return Call("id", "ChangeConfiguration", {"key": key, "value": "x"}, b"")


def row(component: str, variable: str, **members: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}, **members}


def test_a_row_of_the_rulebook_becomes_a_rule() -> None:
    table = {
        "dialects": ("ocpp1.6",),
        "direction": "to_csms",
        "action": "GetConfiguration",
        "frame": "answer",
        "effect": "strip",
        "names": ("A", "B*"),
    }
    (made,) = rules_from_control("C-1", {"rules": (MappingProxyType(table),)}).always

    assert made.control_id == "C-1"
    assert made.dialects == frozenset({"ocpp1.6"})
    assert made.passage == Passage(UP, "GetConfiguration", FrameKind.ANSWER)
    assert (made.effect, made.names, made.but, made.wrong_way) == (Effect.STRIP, ("A", "B*"), None, False)


def test_a_control_without_rules_has_none_and_lanes_are_told_apart() -> None:
    assert rules_from_control("MSG-01", {}) == CommandRules()
    assert {rule.control_id for rule in ALL.in_repair} == {"CMD-07"}


@pytest.mark.parametrize(
    "spoiled",
    [
        {"direction": "sideways"},
        {"effect": "allow"},
        {"frame": "letter"},
        {"dialects": "ocpp1.6"},
        {"names": [5]},
        {"lane": "unproven"},
        {"extra": 1},
        {"action": None},
    ],
)
def test_a_row_that_cannot_be_read_is_the_operators_fault_and_names_the_control(
    spoiled: dict[str, Any],
) -> None:
    table = {"dialects": ["ocpp1.6"], "direction": "to_station", "action": "Reset", "effect": "block"}
    spoiled_table = {key: value for key, value in (table | spoiled).items() if value is not None}

    with pytest.raises(OperatorFault) as caught:
        rules_from_control("C-7", {"rules": [spoiled_table]})

    assert caught.value.subject == "C-7"


def test_the_limits_come_from_the_control_and_the_message_types_from_the_dialect() -> None:
    limits = limits_from_parameters(PARAMETERS["MSG-02"], DIALECTS["ocpp2.1"])

    assert limits.message_types == frozenset({2, 3, 4, 5, 6})
    assert limits.max_bytes == 1 << 20
    assert limits.bytes_by_action["Heartbeat"] == 4096
    assert limits_from_parameters({}, DIALECTS["ocpp1.6"]).max_depth == 32


@pytest.mark.parametrize(
    "key",
    [
        "SecurityProfile", "AuthorizationKey", "authorizationkey ", "Cst_AuthKey", "AdditionalRootCertificateCheck",
        "AllowCentralSystemTLSWildcards", "AllowCSMSTLSWildcards", "CpoName", "CentralSystemURL", "CentralSystemURI",
        "BackOffice-URL-wired", "Cst_BackendUrl", "SupervisionUrl", "OcppServerAddress", "ChargeBoxId",
        "VerifyCsmsCommonName", "SupportedCiphers12",
    ],
)  # fmt: skip
def test_by_default_a_protected_key_is_answered_rejected(key: str) -> None:
    answer = admitted("ocpp1.6").judge(DOWN, change(key))

    assert isinstance(answer, Answer)
    assert answer.payload == {"status": "Rejected"}


@pytest.mark.parametrize(
    "key",
    [
        "HeartbeatInterval", "MeterValueSampleInterval", "WebSocketPingInterval", "AuthorizeRemoteTxRequests",
        "LocalAuthListEnabled", "ConnectionTimeOut", "AuthorizationCacheEnabled", "VendorsOwnKey",
    ],
)  # fmt: skip
def test_by_default_business_keys_pass(key: str) -> None:
    assert admitted("ocpp1.6").judge(DOWN, change(key)) is FORWARD


@pytest.mark.parametrize("dialect", NEWER, ids=lambda dialect: dialect.subprotocol)
@pytest.mark.parametrize(
    ("component", "variable"),
    [
        ("SecurityCtrlr", "BasicAuthPassword"),
        ("SecurityCtrlr", "Identity"),
        ("SecurityCtrlr", "AllowSecurityProfileDowngrade"),
        ("SecurityCtrlr", "AllowCSMSTLSWildcards"),
        ("SecurityCtrlr", "OrganizationName"),
        ("OCPPCommCtrlr", "NetworkConfigurationPriority"),
        ("NetworkConfiguration", "OcppCsmsUrl"),
        ("NetworkConfiguration", "BasicAuthPassword"),
        ("InternalCtrlr", "NetworkConnectionProfiles"),
        ("securityctrlr", "SECURITYPROFILE"),
    ],
)
def test_by_default_a_protected_variable_is_refused_as_that_row(
    dialect: Any, component: str, variable: str
) -> None:
    policy = compile_policy(ALL.always, dialect)
    payload = {"setVariableData": [row(component, variable, attributeValue="x")]}

    answer = policy.judge(DOWN, Call("id", "SetVariables", payload, b""))

    assert isinstance(answer, Answer)
    (refused,) = answer.payload["setVariableResult"]
    assert (refused["component"]["name"], refused["attributeStatus"]) == (component, "Rejected")


@pytest.mark.parametrize("dialect", NEWER, ids=lambda dialect: dialect.subprotocol)
@pytest.mark.parametrize(
    ("component", "variable"),
    [
        ("OCPPCommCtrlr", "HeartbeatInterval"),
        ("ISO15118Ctrlr", "OrganizationName"),
        ("AuthCtrlr", "Enabled"),
        ("OCPPCommCtrlr", "WebSocketPingInterval"),
    ],
)
def test_by_default_business_variables_pass(dialect: Any, component: str, variable: str) -> None:
    payload = {"setVariableData": [row(component, variable, attributeValue="x")]}

    assert (
        compile_policy(ALL.always, dialect).judge(DOWN, Call("id", "SetVariables", payload, b"")) is FORWARD
    )


def test_by_default_network_profiles_are_refused() -> None:
    answer = admitted("ocpp2.0.1").judge(DOWN, Call("id", "SetNetworkProfile", {"configurationSlot": 1}, b""))

    assert isinstance(answer, Answer)


PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        (
            "NotifyReport",
            {
                "reportData": [
                    row("SecurityCtrlr", "BasicAuthPassword", variableAttribute=[{"value": PASSWORD}])
                ]
            },
        ),
        (
            "NotifyEvent",
            {"eventData": [row("NetworkConfiguration", "BasicAuthPassword", actualValue=PASSWORD)]},
        ),
    ],
)
def test_by_default_no_report_carries_a_password_on(action: str, payload: dict[str, Any]) -> None:
    answer = admitted("ocpp2.1").judge(UP, Call("id", action, payload, b""))

    assert isinstance(answer, Rewrite)
    assert PASSWORD.encode() not in answer.frame
    assert json.loads(answer.frame)[2] == action


@pytest.mark.parametrize(
    ("subprotocol", "action", "payload"),
    [
        (
            "ocpp1.6",
            "GetConfiguration",
            {"configurationKey": [{"key": "AUTHORIZATIONKEY", "value": PASSWORD}]},
        ),
        (
            "ocpp2.0.1",
            "GetVariables",
            {"getVariableResult": [row("SecurityCtrlr", "BasicAuthPassword", attributeValue=PASSWORD)]},
        ),
        (
            "ocpp2.1",
            "GetVariables",
            {"getVariableResult": [row("NetworkConfiguration", "VpnKey", attributeValue=PASSWORD)]},
        ),
    ],
)
def test_by_default_no_answer_carries_a_password_on(
    subprotocol: str, action: str, payload: dict[str, Any]
) -> None:
    answer = admitted(subprotocol).judge_answer(UP, action, CallResult("id", payload, b""))

    assert isinstance(answer, Rewrite)
    assert PASSWORD.encode() not in answer.frame


@pytest.mark.parametrize("subprotocol", DIALECTS)
def test_the_rules_of_the_repair_lane_name_actions_that_the_dialect_has(subprotocol: str) -> None:
    named = {
        action
        for rule in ALL.in_repair
        if subprotocol in rule.dialects
        for action in rule.but or ()
        if any(action in DIALECTS[each].actions(DOWN) for each in ("ocpp2.1", "ocpp1.6"))
    }

    assert named == {
        action for rule in ALL.in_repair if subprotocol in rule.dialects for action in rule.but or ()
    }


@pytest.mark.parametrize("subprotocol", DIALECTS)
@pytest.mark.parametrize(
    ("action", "passes"),
    [
        ("TriggerMessage", True),
        ("UnlockConnector", True),
        ("SetChargingProfile", True),
        ("DataTransfer", False),
        ("Reset", False),
        ("InstallCertificate", False),
        ("GetLog", False),
        ("UpdateFirmware", False),
        ("VendorsOwn", False),
    ],
)
def test_in_the_repair_lane_the_csms_may_read_stop_and_limit(
    subprotocol: str, action: str, *, passes: bool
) -> None:
    answer = in_repair(subprotocol).judge(DOWN, Call("id", action, {}, b""))

    assert (answer is FORWARD) is passes
    assert passes or isinstance(answer, Block)


@pytest.mark.parametrize("subprotocol", DIALECTS)
def test_in_the_repair_lane_everything_of_the_station_passes(subprotocol: str) -> None:
    policy = in_repair(subprotocol)
    actions = DIALECTS[subprotocol].actions(UP)

    assert all(policy.judge(UP, Call("id", action, {}, b"")) is FORWARD for action in actions)

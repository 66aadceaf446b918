from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from voltward.domain.errors import OperatorFault
from voltward.usecases.deployment.deployment_plan import DeploymentPlan, check_plan, plan_warnings

PLAN = DeploymentPlan(
    folder=Path("deployment"),
    operator_name="Example CPO",
    hosts=("csms.example",),
    csms_url="ws://127.0.0.1:9000/ocpp",
    administrator="you@example.org",
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"operator_name": 'Größe & "Söhne" 株式会社'},
        {"hosts": ("csms.example", "192.0.2.7", "2001:db8::7", "localhost", "a-b.c1.example")},
        {"csms_url": "wss://csms.example/ocpp/{station}/ws?tenant=1"},
        {"csms_url": "ws://[::1]:9000"},
    ],
)
def test_a_usable_plan_passes(change: dict[str, Any]) -> None:
    check_plan(replace(PLAN, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"operator_name": ""},
        {"operator_name": " "},
        {"operator_name": " Example"},
        {"operator_name": "Example\nCPO"},
        {"operator_name": "x" * 65},
        {"hosts": ()},
        {"hosts": ("",)},
        {"hosts": ("*.example",)},
        {"hosts": ("csms.example", "Bad Name")},
        {"hosts": ("csms.example:8443",)},
        {"hosts": ("https://csms.example",)},
        {"hosts": ("-csms.example",)},
        {"hosts": ("csms..example",)},
        {"hosts": ("größe.example",)},
        {"hosts": ("a" * 60 + ".example",)},
        {"hosts": ("csms.example\n",)},
        {"csms_url": ""},
        {"csms_url": "http://csms.example"},
        {"csms_url": "ws://"},
        {"csms_url": "ws://csms.example:99999/"},
        {"csms_url": "ws://[::1/"},
        {"csms_url": "ws://csms.example/a b"},
        {"csms_url": "ws://csms.example/\n"},
        {"administrator": ""},
        {"administrator": "nobody"},
        {"administrator": "a@b\n"},
        {"administrator": "a" * 250 + "@example.org"},
    ],
)
def test_an_unusable_plan_is_refused_with_the_mend(change: dict[str, Any]) -> None:
    with pytest.raises(OperatorFault) as caught:
        check_plan(replace(PLAN, **change))
    assert caught.value.mend


def test_root_keys_on_this_machine_and_a_bare_address_are_warned_of() -> None:
    assert len(plan_warnings(PLAN)) == 1
    assert "192.0.2.7" in plan_warnings(replace(PLAN, hosts=("192.0.2.7", "csms.example")))[1]

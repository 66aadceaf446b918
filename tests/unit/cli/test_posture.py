from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.unit.cli.conftest import Shell
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import run
from voltward.domain.acquaintance import Acquaintance, Habits, Manner, MannerSeen, Wanting
from voltward.domain.enforcement import Answer
from voltward.domain.part import Part
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.usecases.rounds.signs_of_life import give_sign

NOW = SystemClock().now()
OLD = Manner(2, "password (text)", "ocpp1.6", "192.0.2.7", "TLSv1.2", "AES128-GCM-SHA256", "", "csms.example")
NEW = Manner(2, "password (text)", "ocpp1.6", "192.0.2.7", "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519")
WRONG = Wanting(
    NOW, Answer.REFUSE, "AUTH-02", "the password is none of this station's", csms_took_header=True
)


@pytest.fixture
def fleet(shell: Shell) -> Shell:
    """One that is ready, one that is not, one that nobody saw, and a stranger."""
    for identity in ("GOOD", "WRONG", "NEVER"):
        shell.done("station", "add", identity, "--group", "field")

    async def meet() -> None:
        known = [
            Acquaintance(StationId("GOOD"), NOW, NOW, manners=(MannerSeen(NEW, NOW, NOW, 3),)),
            Acquaintance(
                StationId("WRONG"),
                NOW,
                None,
                WRONG,
                Habits(NOW, -61.0, 60.0, answers_pings=False),
                (MannerSeen(OLD, NOW, NOW, 1),),
            ),
            Acquaintance(StationId("STRANGER"), NOW, None, WRONG),
        ]
        settings = load_settings(shell.folder / "voltward.toml")
        async with open_deployment(settings) as deployment, deployment.store.begin() as work:
            await work.acquaintances.put(known)
            await work.commit()

    asyncio.run(meet())
    return shell


def test_the_door_names_who_is_not_ready_and_leaves_with_1(fleet: Shell) -> None:
    ran = fleet("posture", "door", "--json")

    assert ran.status == 1
    assert not ran.json["ready"]
    assert {s["station"]: s["readiness"] for s in ran.json["stations"]} == {
        "WRONG": "not ready",
        "STRANGER": "not registered",
    }
    (field,) = [group for group in ran.json["groups"] if group["group"] == "field"]
    assert field == {"group": "field", "observed_until": None, "ready": 1, "not_ready": 1, "never_seen": 1}


def test_in_words_each_control_comes_with_what_to_do(fleet: Shell) -> None:
    out = fleet("posture", "door").out

    assert "Group field, enforced: 1 never seen, 1 not ready, 1 ready." in out
    assert "Not registered: 1 not registered." in out
    assert "AUTH-02 (The password is right), 2 stations: Set the password on the station again" in out


def test_a_group_says_until_when_it_is_observed(fleet: Shell) -> None:
    until = f"{NOW + timedelta(days=9):%Y-%m-%d}"
    observed = ("--set", "group.field.mode=observe", "--set", f"group.field.observe_until={until}")

    ran = fleet("posture", "door", "--group", "field", "--all", "--json", *observed)

    assert ran.json["groups"][0]["observed_until"].startswith(f"{NOW + timedelta(days=10):%Y-%m-%d}")
    assert [s["station"] for s in ran.json["stations"]] == ["GOOD", "NEVER", "WRONG"]


def test_a_fleet_without_a_finding_leaves_with_0(shell: Shell) -> None:
    assert "No station is registered here" in shell.done("posture", "door").out
    shell.done("station", "add", "CP001")
    assert "Who was never seen may be." in shell.done("posture", "door").out


def test_tls_names_who_would_break_by_each_loss(fleet: Shell) -> None:
    both = fleet("posture", "tls", "--json")
    one = fleet("posture", "tls", "--without", "tls-rsa")

    assert (both.status, one.status) == (1, 1)
    assert both.json["tls-rsa"]["would_break"] == 1
    assert both.json["tls1.2"]["not_observed"] == 1
    assert both.json["tls1.2"]["stations"][0]["station"] == "WRONG"
    assert "Without tls-rsa: 1 not observed, 1 would break, 1 would go on." in one.out
    assert "tls1.2" not in one.out


def test_a_station_tells_how_it_comes(fleet: Shell) -> None:
    told = fleet.done("station", "show", "WRONG", "--json").json["seen"]
    out = fleet.done("station", "show", "WRONG").out

    assert (told["ready"], told["wanting"]["control"]) == (False, "AUTH-02")
    assert told["connections"][0]["suite"] == "AES128-GCM-SHA256"
    assert told["habits"]["clock_skew_seconds"] == -61.0
    assert "clock: 61 s behind of ours" not in out
    assert "clock: 61 s behind ours" in out
    assert "pings: ours are never answered" in out
    assert "connection: never seen" in fleet.done("station", "show", "NEVER").out


def test_parts_that_give_no_sign_of_life_are_told_with_what_it_means(shell: Shell) -> None:
    silent = shell("posture", "parts")
    assert silent.status == 1
    assert "No certificate is renewed" in silent.out
    assert [one["part"] for one in shell("posture", "parts", "--json").json] == ["worker", "signer"]

    async def work() -> None:
        async with open_deployment(load_settings(shell.folder / "voltward.toml")) as deployment:
            await give_sign(deployment.store, [Part.WORKER, Part.SIGNER], deployment.clock.now())

    run(work())

    assert "silent" not in shell.done("posture", "parts").out
    with_est = shell("posture", "parts", "--json", "--set", "enrolment.listen=127.0.0.1:8444").json
    assert [one["part"] for one in with_est if one["silent"]] == ["enrolment"]

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import self_signed
from tests.unit.cli.conftest import Shell

TERMS = ("--until", "2099-03-31", "--owner", "ann", "--reason", "no menu for it")


def test_a_station_gets_a_quirk_of_its_own_and_loses_it(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    granted = shell.done("station", "quirk", "CP001", "user-alias", "--with", "user=", *TERMS, "--json").json

    assert granted["quirks"] == ["user-alias user= until 2099-04-01 (ann: no menu for it)"]
    assert shell.done("station", "show", "CP001", "--json").json["quirks"] == granted["quirks"]
    assert "user-alias" in shell.done("station", "show", "CP001").out
    assert "quirks" not in shell.done("station", "quirk", "CP001", "user-alias", "--end", "--json").json


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (("user-alias", "--with", "user=x"), "needs until, owner, reason"),
        (("user-alias", *TERMS), "needs user"),
        (("user-alias", "--with", "user", *TERMS), "has no value"),
        (("no-subprotocol", "--with", "speaks=ocpp9", *TERMS), "no subprotocol"),
        (("unheard-of", *TERMS), "there is no quirk"),
        (("user-alias", "--end"), "no quirk user-alias of its own"),
    ],
)
def test_what_cannot_be_granted_or_ended_is_status_2(
    shell: Shell, order: tuple[str, ...], words: str
) -> None:
    shell.done("station", "add", "CP001")
    ran = shell("station", "quirk", "CP001", *order, "--json")

    assert ran.status == 2
    assert words in ran.fault["error"]


def test_a_number_is_taken_for_one(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    granted = shell.done(
        "station", "quirk", "CP001", "short-password", "--with", "octets=8", *TERMS, "--json"
    )

    assert granted.json["quirks"][0].startswith("short-password octets=8 ")


def test_a_local_controller_is_added_with_the_stations_behind_it(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "lc.pem").write_bytes(self_signed("SN-LC1").certificate_pem)
    for identity in ("CP001", "CP002"):
        shell.done("station", "add", identity)
    new = ("LC1", "--profile", "3", "--certificate", str(tmp_path / "lc.pem"), "--for", "CP001, CP002")

    assert shell.done("station", "add", *new, "--json").json["speaks_for"] == ["CP001", "CP002"]
    assert shell.done("station", "set", "LC1", "--for", "CP002", "--json").json["speaks_for"] == ["CP002"]
    assert "speaks_for" not in shell.done("station", "set", "LC1", "--for", "", "--json").json


def test_vendor_and_model_can_be_written_down_before_the_first_boot(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    shell.done("station", "set", "CP001", "--vendor", "Works")
    told = shell.done("station", "set", "CP001", "--model", "W-1", "--json").json

    assert (told["vendor"], told["model"]) == ("Works", "W-1")

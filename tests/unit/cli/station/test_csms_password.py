from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Shell

PASSWORD = "what the CSMS expects"


@pytest.fixture
def file(tmp_path: Path) -> str:
    made = tmp_path / "password"
    made.write_text(PASSWORD + "\n")
    return str(made)


def test_it_is_kept_sealed_and_never_told(shell: Shell, file: str) -> None:
    shell.done("station", "add", "CP001")

    kept = shell.done("station", "csms-password", "CP001", "--password-file", file, "--json")
    assert kept.json == {"station": "CP001", "csms_password": True}

    shown = shell.done("station", "show", "CP001", "--json")
    assert shown.json["csms_password"] == "kept, sealed"
    for path in shell.folder.rglob("*"):
        assert str(path) == file or path.is_dir() or PASSWORD.encode() not in path.read_bytes()


def test_it_is_removed_by_order(shell: Shell, file: str) -> None:
    shell.done("station", "add", "CP001")
    shell.done("station", "csms-password", "CP001", "--password-file", file)

    out = shell.done("station", "csms-password", "CP001", "--remove").out

    assert "is not kept any more" in out
    assert "csms_password" not in shell.done("station", "show", "CP001", "--json").json


@pytest.mark.parametrize("options", [[], ["--remove", "--password-file", "x"]])
def test_one_thing_at_a_time(shell: Shell, options: list[str]) -> None:
    ran = shell("station", "csms-password", "CP001", *options)

    assert ran.status == 2


def test_a_tenants_station_is_named_with_its_tenant(shell: Shell, file: str) -> None:
    settings = (shell.folder / "voltward.toml").read_text()
    route = '[route.north]\npath = "/n/{station}"\ntenant = "north"\ncsms.url = "ws://127.0.0.1:9001/"\n'
    (shell.folder / "voltward.toml").write_text(f"{settings}\n{route}")
    shell.done("station", "add", "north/CP001")
    shell.done("station", "add", "CP001")

    shell.done("station", "csms-password", "CP001", "--tenant", "north", "--password-file", file)

    assert "csms_password" in shell.done("station", "show", "north/CP001", "--json").json
    assert "csms_password" not in shell.done("station", "show", "CP001", "--json").json
    listed = shell.done("station", "list", "--tenant", "north", "--json").json
    assert [entry["station"] for entry in listed] == ["north/CP001"]


def test_a_station_is_not_added_to_a_tenant_that_no_route_leads_to(shell: Shell) -> None:
    ran = shell("station", "add", "nroth/CP001", "--json")

    assert ran.status == 2
    assert "no route leads to the tenant 'nroth'" in ran.fault["error"]

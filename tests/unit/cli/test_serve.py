from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from tests.unit.cli.conftest import Shell
from voltward.cli.frame import Options
from voltward.cli.serve import part_named, signer_is_elsewhere
from voltward.settings import KeySettings, Settings, StoreSettings


def test_a_part_is_started_with_the_settings_that_were_given() -> None:
    options = Options(Path("d/voltward.toml"), ["gateway.zone=a", "relay.depth=9"])

    assert part_named("gateway", Settings(), options, {}).arguments == (
        "serve",
        "--only",
        "gateway",
        "--parent",
        str(os.getpid()),
        "-c",
        "d/voltward.toml",
        "--set",
        "gateway.zone=a",
        "--set",
        "relay.depth=9",
    )


def test_what_opens_a_room_is_told_to_its_own_part_alone() -> None:
    keys = KeySettings("env:GATEWAY_KEY", "env:SIGNER_KEY")
    settings = Settings(keys=keys, store=StoreSettings(password="env:STORE_PASSWORD"))
    environ = {"GATEWAY_KEY": "g", "SIGNER_KEY": "s", "STORE_PASSWORD": "p", "PATH": "/bin"}

    gateway, signer = (part_named(name, settings, Options(), environ) for name in ("gateway", "signer"))

    assert gateway.environment == {"GATEWAY_KEY": "g", "STORE_PASSWORD": "p", "PATH": "/bin"}
    assert signer.environment == {"SIGNER_KEY": "s", "PATH": "/bin"}
    assert part_named("enrolment", settings, Options(), environ).environment == gateway.environment


def test_the_signer_is_not_started_where_its_room_is_not(site: Site) -> None:
    assert signer_is_elsewhere(site.settings()) == ""
    shutil.rmtree(site.folder / "signer")
    assert "its room is not here" in signer_is_elsewhere(site.settings())


@pytest.mark.skipif(os.getuid() != 0, reason="only root may choose a user")
def test_a_signer_with_a_user_of_its_own_runs_as_that_user(site: Site) -> None:
    settings = site.settings("signer.user=nobody")

    assert signer_is_elsewhere(settings) == ""
    assert part_named("signer", settings, Options(), {}).user == "nobody"
    assert part_named("gateway", settings, Options(), {}).user is None


@pytest.mark.parametrize("only", [(), ("--only", "gateway"), ("--only", "signer")])
def test_bad_settings_are_a_sentence_and_status_2(bare: Shell, only: tuple[str, ...]) -> None:
    (bare.folder / "voltward.toml").write_text("[gateway]\nlisten_on = 1\n")

    ran = bare("serve", *only)

    assert ran.status == 2
    assert "listen_on" in ran.err


def test_a_part_that_there_is_not_is_wrong_usage(bare: Shell) -> None:
    assert bare("serve", "--only", "kitchen").status == 2

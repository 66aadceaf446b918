from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Shell
from voltward.cli.frame import Options
from voltward.cli.serve import part_named


def test_a_part_is_started_with_the_settings_that_were_given() -> None:
    options = Options(Path("d/voltward.toml"), ["gateway.zone=a", "relay.depth=9"])

    assert part_named("gateway", options).arguments == (
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


@pytest.mark.parametrize("only", [(), ("--only", "gateway")])
def test_bad_settings_are_a_sentence_and_status_2(bare: Shell, only: tuple[str, ...]) -> None:
    (bare.folder / "voltward.toml").write_text("[gateway]\nlisten_on = 1\n")

    ran = bare("serve", *only)

    assert ran.status == 2
    assert "listen_on" in ran.err


def test_a_part_that_there_is_not_is_wrong_usage(bare: Shell) -> None:
    assert bare("serve", "--only", "kitchen").status == 2

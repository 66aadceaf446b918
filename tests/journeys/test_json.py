"""For scripts: with `--json`, every command says JSON on its way out and on its way down, with its status."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.journeys.command_line import Told, run_cli
from tests.journeys.deployment import Template, copy_deployment

pytestmark = [pytest.mark.journey, pytest.mark.asyncio]

DONE = (
    "station list", "station show P2-0", "settings check", "store status", "posture door --all", "posture tls",
    "journal tail", "journal verify",
)  # fmt: skip
WRONG = (  # with the status of each
    ("station show NOBODY", 2), ("station explain NOBODY", 2), ("station set P2-0 --profile 9", 2),
    ("station import nothing.csv", 3), ("cert revoke --station NOBODY --reason R", 2),
    ("ca distrust nobody", 2), ("store downgrade 9999", 2),
    ("serve --set nothing=1", 2),
)  # fmt: skip


async def told_of(file: Path, command: str) -> Told:
    return await run_cli(*command.split(), "--json", "-c", str(file))


async def test_what_is_done_is_told_as_json_alone(template: Template, tmp_path: Path) -> None:
    file = copy_deployment(template, tmp_path / "deployment")

    for command in DONE:
        told = await told_of(file, command)
        assert told.status in {0, 1}, (command, told)
        assert isinstance(json.loads(told.out), (dict, list)), command
        assert told.err == "", (command, told)


async def test_what_went_wrong_is_told_as_json_with_its_mend(template: Template, tmp_path: Path) -> None:
    file = copy_deployment(template, tmp_path / "deployment")

    async with asyncio.timeout(120):
        for command, status in WRONG:
            told = await told_of(file, command)
            assert (command, told.status) == (command, status), told
            assert told.out == "", (command, told)
            assert json.loads(told.err)["error"], (command, told)

"""The unit in `deploy/systemd`: systemd itself reads it, and says how open it is, where there is a systemd."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.arch.source_tree import ROOT

UNIT = ROOT / "deploy" / "systemd" / "voltward.service"
SIGNER = ROOT / "deploy" / "systemd" / "voltward-signer.service"
RENEW = ROOT / "deploy" / "systemd" / "voltward-renew.service"
MOST_EXPOSED = 1.5  # of 10; what remains is the network, which is its work, and notices of a child
ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture
def analyze() -> str:
    if ANALYZE is None:
        pytest.skip("systemd is not here")
    return ANALYZE


def settings() -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.startswith(("#", "[")):
            told.setdefault(key, []).append(value)
    return told


@pytest.mark.parametrize("unit", [UNIT, SIGNER, RENEW], ids=lambda unit: unit.stem)
def test_systemd_reads_every_line_of_the_unit(analyze: str, tmp_path: Path, unit: Path) -> None:
    """With a program that is there, on this machine."""
    here = tmp_path / unit.name
    program = "/opt/voltward/.venv/bin/voltward"
    text = unit.read_text(encoding="utf-8")
    assert program in text
    here.write_text(text.replace(program, sys.executable), encoding="utf-8")

    done = subprocess.run(
        [analyze, "verify", "--man=no", str(here)], capture_output=True, text=True, timeout=60, check=False
    )

    assert unit.name not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", ["voltward.socket", "voltward-renew.timer"])
def test_systemd_reads_every_line_of_what_starts_a_unit(analyze: str, tmp_path: Path, unit: str) -> None:
    for name in (unit, f"{unit.partition('.')[0]}.service"):
        text = (UNIT.parent / name).read_text(encoding="utf-8")
        here = tmp_path / name
        here.write_text(text.replace("/opt/voltward/.venv/bin/voltward", sys.executable), encoding="utf-8")

    done = subprocess.run(
        [analyze, "verify", "--man=no", str(tmp_path / unit)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert unit not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("unit", "most"),
    [(UNIT, MOST_EXPOSED), (SIGNER, 0.6), (RENEW, 1.3)],
    ids=["gateway", "signer", "renewals"],
)
def test_the_unit_is_as_closed_as_the_guide_says(analyze: str, unit: Path, most: float) -> None:
    done = subprocess.run(
        [analyze, "security", "--offline=true", f"--threshold={most * 10:.0f}", str(unit)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert "Overall exposure level" in done.stdout
    assert done.returncode == 0, done.stdout


def test_only_the_supervisor_is_told_to_end_and_wrong_settings_are_not_tried_again() -> None:
    told = settings()

    assert told["KillMode"] == ["mixed"]
    assert told["RestartPreventExitStatus"] == ["2"]
    assert told["Type"] == ["notify"]
    assert told["NotifyAccess"] == ["all"]

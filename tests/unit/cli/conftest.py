from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.deployments import Site, made_site
from voltward.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left: its status and its words."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def fault(self) -> dict[str, str]:
        """The fault on standard error, where JSON was asked for."""
        return json.loads(self.err)


class Shell:
    """Types commands, as `voltward` in the folder of a deployment."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)

    def __call__(self, *words: str) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["voltward", *words])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        told = self._capsys.readouterr()
        assert "Traceback" not in told.err
        assert isinstance(left.value.code, int)
        return Ran(left.value.code, told.out, told.err)

    def done(self, *words: str) -> Ran:
        """A command that must succeed."""
        ran = self(*words)
        assert ran.status == 0, ran.err
        return ran


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell in an empty folder."""
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return asyncio.run(made_site(tmp_path / "deployment"))


@pytest.fixture
def shell(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell in the folder of a deployment."""
    return Shell(site.folder, monkeypatch, capsys)

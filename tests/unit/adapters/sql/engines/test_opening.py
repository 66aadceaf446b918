from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.postgres import PostgresServer
from voltward.adapters.sql.engines.opening import open_database
from voltward.domain.errors import OperatorFault


async def test_the_scheme_chooses_the_kind(tmp_path: Path, postgres_server: PostgresServer) -> None:
    name = postgres_server.new_database()
    for url, told in (
        (f"sqlite:///{tmp_path / 'v.db'}", str(tmp_path / "v.db")),
        (postgres_server.url(name), f"{name} at {postgres_server.folder}:{postgres_server.port}"),
    ):
        database = await open_database(url)
        assert database.name == told
        await database.close()
    postgres_server.drop(name)


async def test_another_scheme_is_refused() -> None:
    with pytest.raises(OperatorFault, match=r"store\.url \(mysql:\.\.\.\) names no"):
        await open_database("mysql://volt:hunter2@db/registry")


def test_whoever_has_a_file_does_not_pay_for_the_driver_of_a_server() -> None:
    script = "import sys, voltward.adapters.sql.engines.opening; print('asyncpg' in sys.modules)"
    done = subprocess.run(  # noqa: S603 - a fixed command
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"

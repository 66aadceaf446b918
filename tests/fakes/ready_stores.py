"""Empty stores with their tables: the migrations run once in a process, the tests get copies.

What the migrations do is the matter of `tests/unit/adapters/sql/test_schema.py`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.fakes.postgres import PostgresServer
from voltward.adapters.sql.engines.opening import open_database
from voltward.adapters.sql.schema import bring_up_to_date

_sqlite: list[bytes] = []
_templates: dict[Path, str] = {}  # by the folder of the server


async def put_ready_sqlite(file: Path) -> None:
    """A store at `file`, where nothing is yet."""
    if not _sqlite:
        with tempfile.TemporaryDirectory(prefix="voltward-tests-") as folder:
            made = Path(folder) / "store.db"
            await _make_tables(f"sqlite:///{made}")
            _sqlite.append(made.read_bytes())
    _write(file, _sqlite[0])


async def new_ready_database(server: PostgresServer) -> str:
    """The name of a new database with a store in it."""
    if server.folder not in _templates:
        made = server.new_database()
        await _make_tables(server.url(made))
        _templates[server.folder] = made
    return server.new_database(template=_templates[server.folder])


async def _make_tables(url: str) -> None:
    database = await open_database(url)
    try:
        await bring_up_to_date(database)
    finally:
        await database.close()


def _write(file: Path, octets: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600, exist_ok=False)
    file.write_bytes(octets)

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from tests.fakes.postgres import USER, PostgresServer
from voltward.adapters.sql.engines.access import StoreAccess
from voltward.adapters.sql.engines.company import refuse_company
from voltward.adapters.sql.engines.opening import open_database
from voltward.adapters.sql.engines.postgres_place import APPLICATION
from voltward.adapters.sql.schema import bring_up_to_date
from voltward.domain.errors import OperatorFault

ALONE = StoreAccess(busy_seconds=0.1)


async def test_whoever_has_a_file_open_is_noticed_though_he_does_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'v.db'}"
    other = await open_database(url)
    await bring_up_to_date(other)
    with pytest.raises(OperatorFault, match=r"has the store open\. End it first"):
        await refuse_company(url, ALONE)

    await other.close()
    await refuse_company(url, ALONE)
    await (await open_database(url)).close()  # it opens as before


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    await refuse_company(f"sqlite:///{path}", ALONE)

    with pytest.raises(FileNotFoundError):
        path.stat()


async def test_a_file_that_is_no_database_is_for_whoever_opens_it(tmp_path: Path) -> None:
    (tmp_path / "v.db").write_text("eggs and milk " * 1000)

    await refuse_company(f"sqlite:///{tmp_path / 'v.db'}", ALONE)


async def test_another_session_of_ours_on_a_server_is_noticed(postgres_server: PostgresServer) -> None:
    name = postgres_server.new_database()
    session = await asyncpg.connect(
        host=str(postgres_server.folder),
        port=postgres_server.port,
        user=USER,
        password="",
        database=name,
        ssl=False,
        server_settings={"application_name": f"{APPLICATION}elsewhere:1"},
    )
    with pytest.raises(OperatorFault, match="has the store open"):
        await refuse_company(postgres_server.url(name), ALONE)

    await session.close()
    await refuse_company(postgres_server.url(name), ALONE)
    postgres_server.drop(name)

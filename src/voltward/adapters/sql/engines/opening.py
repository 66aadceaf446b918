"""Which kind of database a URL names."""

from __future__ import annotations

from voltward.adapters.sql.engines.access import PLAIN_ACCESS, StoreAccess
from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.engines.postgres_place import names_postgres
from voltward.adapters.sql.engines.sqlite_engine import open_sqlite


async def open_database(url: str, access: StoreAccess = PLAIN_ACCESS) -> Database:
    """Open `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.

    `OperatorFault` for a URL that is neither; `OutsideFault` if what it names cannot be used.
    """
    if names_postgres(url):
        # Its driver costs a tenth of a second to import, and most stores are files.
        from voltward.adapters.sql.engines.postgres_engine import open_postgres  # noqa: PLC0415

        return await open_postgres(url, access)
    return await open_sqlite(url, access.busy_seconds)

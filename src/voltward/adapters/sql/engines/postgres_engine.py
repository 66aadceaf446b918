"""PostgreSQL: connections, and how its transactions come to mean what SQLite's do.

A writing transaction takes one advisory lock before anything else and keeps it until it is committed. So
writers take turns, as with BEGIN IMMEDIATE (ruling 30): each statement sees all that was committed before,
nobody else commits, no transaction fails for having been overtaken. Chains of the journal and revisions of
the feed grow in the order in which they become visible. What it costs stands in docs/decisions.

A reading one is REPEATABLE READ READ ONLY: one snapshot, that of its first statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import asyncpg
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from voltward.adapters.sql.engines.access import StoreAccess, StoreTls
from voltward.adapters.sql.engines.engine import READERS, Connections, Database
from voltward.adapters.sql.engines.postgres_columns import OctetOrder
from voltward.adapters.sql.engines.postgres_faults import postgres_fault
from voltward.adapters.sql.engines.postgres_place import PostgresPlace, postgres_place, session_name
from voltward.adapters.sql.engines.postgres_wake import CHANNEL, PostgresWake
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.wire.tls_client import ClientContext, build_client_context, build_trusting_context

OLDEST: Final = 14  # of PostgreSQL; older ones are no longer mended by their makers
_DIAL_SECONDS: Final = 10
_MARGIN: Final = 1.25  # the server ends a statement first: it knows why, and the connection survives
_ABANDONED_SECONDS: Final = 60  # a process that was stopped in a transaction loses its turn
_HOURS: Final = 6 * 3600.0  # for a migration
# Any number will do, as long as every Voltward takes the same. It counts within one database.
_TURN: Final = "SELECT pg_advisory_xact_lock(1448037441)"
# Whoever has switched this off for the whole server has not thought of the journal; stronger values stay.
_DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)

_WRITING: Final = {"default_transaction_isolation": "read committed", "default_transaction_read_only": "off"}
_READING: Final = {"default_transaction_isolation": "repeatable read", "default_transaction_read_only": "on"}


async def open_postgres(url: str, access: StoreAccess) -> Database:
    """Open the database that `postgresql://USER@HOST/NAME` names; it must be there.

    `OperatorFault` for a URL that will not do; `OutsideFault` if the server cannot be reached, turns us away,
    or is not of the kind that we need.
    """
    place = postgres_place(url)
    dialler = Dialler(place, access)
    writers = partial(_engine, dialler, _WRITING, connections=1)
    connections = Connections(
        name=str(place),
        writers=_taking_turns(writers(access.answer_seconds)),
        readers=_engine(dialler, _READING, access.answer_seconds, connections=READERS),
        meaning=partial(postgres_fault, place),
        unhurried=lambda: _taking_turns(writers(_HOURS)),
        announce=text(f"SELECT pg_notify('{CHANNEL}', :revision)"),
        wake=PostgresWake(lambda: dialler.dial(_READING, access.answer_seconds)),
    )
    database = Database(connections)
    try:
        async with database.reading():
            pass  # the first connection finds out whether we are let in
    except BaseException:
        await database.close()
        raise
    return database


class Dialler:
    """Makes connections to one place."""

    def __init__(self, place: PostgresPlace, access: StoreAccess) -> None:
        self.place = place
        self._access = access
        self._tls = _tls(place, access)

    async def dial(self, settings: Mapping[str, str], answer_seconds: float) -> asyncpg.Connection:
        """A connection whose session has these settings. All is said: no PG* variable has a say."""
        place = self.place
        connection = await asyncpg.connect(
            host=place.host,
            port=place.port,
            user=place.user,
            database=place.database,
            password=_password(self._access),
            ssl=self._tls or False,
            timeout=_DIAL_SECONDS,
            command_timeout=_MARGIN * answer_seconds,
            target_session_attrs="any",
            server_settings={
                "application_name": session_name(),
                "statement_timeout": _milliseconds(answer_seconds),
                "lock_timeout": _milliseconds(self._access.busy_seconds),
                "idle_in_transaction_session_timeout": _milliseconds(_ABANDONED_SECONDS),
                **settings,
            },
        )
        try:
            _check(place, connection)
            await connection.execute(_DURABLE)
        except BaseException:
            connection.terminate()
            raise
        return connection


def _password(access: StoreAccess) -> str:
    """None at all is empty too: without one, the driver would look for one in places of its own."""
    try:
        return access.password.reveal().decode() if access.password is not None else ""
    except UnicodeDecodeError:
        # Without the cause: it shows the octets.
        raise OperatorFault(
            "the password is not written in UTF-8.", mend="Write it so.", subject="store.password"
        ) from None


def _check(place: PostgresPlace, connection: asyncpg.Connection) -> None:
    major = connection.get_server_version().major
    if major < OLDEST:
        raise OutsideFault(
            f"the server is PostgreSQL {major}; {OLDEST} or later is needed.",
            mend="Upgrade it, or use another one.",
            subject=str(place),
        )
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        raise OutsideFault(
            f"the database is encoded in {encoding}, which cannot hold every name.",
            mend=f"Make one: CREATE DATABASE {place.database} TEMPLATE template0 ENCODING 'UTF8'.",
            subject=str(place),
        )


def _tls(place: PostgresPlace, access: StoreAccess) -> ClientContext | None:
    if place.is_socket:
        return None
    if access.tls is StoreTls.VERIFY:
        return build_client_context(access.authorities_pem)
    if access.tls is StoreTls.REQUIRE:
        return build_trusting_context()
    if not place.is_local:
        raise OperatorFault(
            f'store.tls = "off" would send the registry in plain text to {place.host}.',
            mend='Set store.tls = "verify", and store.ca if the server\'s authority is your own.',
            subject="store.tls",
        )
    return None


def _engine(
    dialler: Dialler, settings: Mapping[str, str], answer_seconds: float, *, connections: int
) -> AsyncEngine:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: dialler.dial(settings, answer_seconds),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,  # a server that was restarted meanwhile is no news
    )
    engine.dialect.ddl_compiler = OctetOrder
    return engine


def _taking_turns(engine: AsyncEngine) -> AsyncEngine:
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(_TURN)

    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))  # 0 would mean: without end

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from voltward.adapters.sql.engines.engine import Unanswered
from voltward.adapters.sql.engines.postgres_faults import postgres_fault
from voltward.adapters.sql.engines.postgres_place import PostgresPlace
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.storage import Conflict

PLACE = PostgresPlace("volt", "db.example", 5432, "registry")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (asyncpg.DiskFullError("could not extend file"), OutsideFault, "the disk of the server is full"),
        (asyncpg.TooManyConnectionsError("sorry"), OutsideFault, "max_connections"),
        (asyncpg.OutOfMemoryError("out of memory"), OutsideFault, "run out of something: out of memory"),
        (asyncpg.LockNotAvailableError("timeout"), OutsideFault, "another process keeps the store locked"),
        (asyncpg.QueryCanceledError("timeout"), OutsideFault, "took too long"),
        (asyncpg.ReadOnlySQLTransactionError("no"), OutsideFault, "Let store.url name the primary"),
        (asyncpg.InsufficientPrivilegeError("permission denied"), OutsideFault, "ALTER DATABASE registry OWNER TO volt"),
        (asyncpg.PostgresIOError("could not read block"), OutsideFault, "the disk of the server failed"),
        (asyncpg.DataCorruptedError("invalid page"), OutsideFault, "the store is damaged: invalid page. Restore"),
        (asyncpg.SerializationError("concurrent update"), OutsideFault, "somebody who is not Voltward writes"),
        (asyncpg.DeadlockDetectedError("deadlock"), OutsideFault, "somebody who is not Voltward writes"),
        (asyncpg.IdleInTransactionSessionTimeoutError("idle"), OutsideFault, "gave up waiting"),
        (asyncpg.AdminShutdownError("terminating connection"), Unanswered, "starting or stopping: terminating"),
        (asyncpg.CannotConnectNowError("starting up"), Unanswered, "Wait until it is there again"),
        (asyncpg.ConnectionDoesNotExistError("was closed"), Unanswered, "the connection to the server broke"),
        (ConnectionRefusedError(111, "Connection refused"), Unanswered, "cannot be reached: Connection refused"),
        (TimeoutError(), Unanswered, "the server does not answer"),
        (ConnectionError('PostgreSQL server at "db:5432" rejected SSL upgrade'), OutsideFault, "speaks no TLS"),
        (asyncpg.UniqueViolationError("duplicate key"), Conflict, "somebody else saved first"),
        (asyncpg.ForeignKeyViolationError("key"), OperatorFault, "belongs to something that the store does not have"),
        (asyncpg.StringDataRightTruncationError("value too long"), OperatorFault, "Shorten it"),
        (asyncpg.CharacterNotInRepertoireError("0x00"), OperatorFault, "Take the NUL out of it"),
    ],
)  # fmt: skip
def test_what_a_server_says_has_a_meaning_and_a_mend(
    error: Exception, kind: type[Exception], words: str
) -> None:
    for raised in (error, DBAPIError("SELECT", {}, error)):
        fault = postgres_fault(PLACE, raised)
        assert type(fault) is kind
        assert words in str(fault)
        if isinstance(fault, OutsideFault):
            assert str(fault).startswith("registry at db.example:5432: ")


@pytest.mark.parametrize(
    "error", [asyncpg.UndefinedTableError("nowhere"), KeyError("x"), asyncpg.PostgresSyntaxError("?")]
)
def test_what_has_no_meaning_is_a_bug(error: Exception) -> None:
    assert postgres_fault(PLACE, error) is None
    assert postgres_fault(PLACE, DBAPIError("SELECT", {}, error)) is None


def test_a_connection_that_the_driver_knows_to_be_gone_has_a_meaning() -> None:
    error = DBAPIError(
        "SELECT", {}, asyncpg.InterfaceError("connection is closed"), connection_invalidated=True
    )

    assert type(postgres_fault(PLACE, error)) is Unanswered

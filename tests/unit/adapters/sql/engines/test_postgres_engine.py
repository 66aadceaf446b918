from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.fakes.certificates import Authority
from tests.fakes.postgres import ADMINISTRATOR, PASSWORD, USER, PostgresServer, running_postgres
from tests.fakes.postgres_tls import tls_before
from voltward.adapters.sql.engines.access import StoreAccess, StoreTls
from voltward.adapters.sql.engines.engine import Database, Unanswered
from voltward.adapters.sql.engines.postgres_engine import open_postgres
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

ROOT, STRANGER = Authority.create("Database CA"), Authority.create("Nobody's CA")
SOCKET = StoreAccess(busy_seconds=0.2)
NETWORK = StoreAccess(password=Secret(PASSWORD.encode()), tls=StoreTls.OFF)


@pytest.fixture
def name(postgres_server: PostgresServer) -> Iterator[str]:
    made = postgres_server.new_database()
    yield made
    postgres_server.drop(made)


@pytest.fixture
def url(postgres_server: PostgresServer, name: str) -> str:
    return postgres_server.url(name)


@pytest.fixture
def network_url(postgres_server: PostgresServer, name: str) -> str:
    return postgres_server.network_url(name)


@asynccontextmanager
async def _opened(url: str, access: StoreAccess = SOCKET) -> AsyncIterator[Database]:
    database = await open_postgres(url, access)
    try:
        yield database
    finally:
        await database.close()


async def _value(database: Database, statement: str, *, writing: bool = False) -> object:
    async with database.writing() if writing else database.reading() as transaction:
        row = await transaction.first(text(statement))
        assert row is not None
        return next(iter(row.values()))


async def _make_table(database: Database) -> None:
    async with database.writing() as transaction:
        await transaction.change(text("CREATE TABLE t (a integer)"))
        await transaction.commit()


# ------------------------------------------------------------------------------------------ let in or not


async def test_a_password_opens_the_door_over_the_network(network_url: str) -> None:
    async with _opened(network_url, NETWORK) as database:
        assert await _value(database, "SELECT current_user::text") == USER


@pytest.mark.parametrize("password", [None, Secret(b"hunter2")])
async def test_another_password_is_told_and_not_shown(network_url: str, password: Secret | None) -> None:
    with pytest.raises(OutsideFault, match="did not take the password of voltward") as caught:
        await open_postgres(network_url, replace(NETWORK, password=password))
    assert "store.password" in caught.value.mend
    assert "hunter2" not in str(caught.value)


async def test_a_password_that_is_no_text_is_told_and_not_shown(network_url: str) -> None:
    with pytest.raises(
        OperatorFault, match=r"store\.password: the password is not written in UTF-8"
    ) as caught:
        await open_postgres(network_url, replace(NETWORK, password=Secret(b"hunter2\xff")))
    assert caught.value.__cause__ is None


async def test_variables_for_other_programs_have_no_say(
    network_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=on")
    with pytest.raises(OutsideFault, match="did not take the password"):
        await open_postgres(network_url, replace(NETWORK, password=None))


async def test_a_database_that_is_not_there_is_told_with_the_order_that_makes_it(
    postgres_server: PostgresServer,
) -> None:
    with pytest.raises(
        OutsideFault, match=r"there is no database gone\. .*CREATE DATABASE gone OWNER voltward"
    ):
        await open_postgres(postgres_server.url("gone"), SOCKET)


async def test_a_user_whom_the_server_does_not_know_is_told(url: str) -> None:
    with pytest.raises(OutsideFault, match="does not let nobody-here in"):
        await open_postgres(url.replace(f"{USER}@", "nobody-here@"), SOCKET)


@pytest.mark.parametrize("place", ["volt@127.0.0.1:1", "volt@:1"])
async def test_a_server_that_is_not_there_is_told(place: str) -> None:
    query = "?host=/nowhere" if place.startswith("volt@:") else ""
    with pytest.raises(Unanswered, match="the server cannot be reached"):
        await open_postgres(f"postgresql://{place}/registry{query}", NETWORK)


async def test_a_server_without_tls_is_told(network_url: str) -> None:
    for tls in (StoreTls.VERIFY, StoreTls.REQUIRE):
        with pytest.raises(OutsideFault, match="the server speaks no TLS"):
            await open_postgres(network_url, replace(NETWORK, tls=tls))


async def test_a_server_whose_certificate_is_checked(postgres_server: PostgresServer, name: str) -> None:
    socket = postgres_server.folder / f".s.PGSQL.{postgres_server.port}"
    right = StoreAccess(authorities_pem=ROOT.certificate_pem.decode())
    async with tls_before(socket, ROOT.issue("db", host_names=["localhost"])) as port:
        url = f"postgresql://{USER}@localhost:{port}/{name}"
        async with _opened(url, right) as database:
            assert await _value(database, "SELECT 1") == 1
        async with _opened(url, StoreAccess(tls=StoreTls.REQUIRE)) as database:
            assert await _value(database, "SELECT 1", writing=True) == 1

        with pytest.raises(OutsideFault, match=r"does not verify: .*store\.ca"):
            await open_postgres(url, StoreAccess(authorities_pem=STRANGER.certificate_pem.decode()))
        with pytest.raises(OutsideFault, match=r"does not verify: .*127\.0\.0\.1"):
            await open_postgres(url.replace("localhost", "127.0.0.1"), right)


async def test_a_server_that_lets_nobody_in_without_tls_is_told(network_url: str) -> None:
    with pytest.raises(OutsideFault, match="does not let postgres in without TLS"):
        await open_postgres(network_url.replace(f"{USER}@", f"{ADMINISTRATOR}@"), NETWORK)


async def test_plain_text_leaves_this_machine_never() -> None:
    with pytest.raises(OperatorFault, match=r"would send the registry in plain text to db\.example"):
        await open_postgres("postgresql://volt@db.example/registry", NETWORK)


async def test_a_database_that_cannot_hold_every_name_is_refused(postgres_server: PostgresServer) -> None:
    postgres_server.psql(
        f"CREATE DATABASE latin OWNER {USER} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"
    )
    with pytest.raises(OutsideFault, match="encoded in LATIN1"):
        await open_postgres(postgres_server.url("latin"), SOCKET)


# --------------------------------------------------------------------------------------- transactions


async def test_commits_are_durable_where_the_server_was_told_to_hurry(
    postgres_server: PostgresServer, url: str
) -> None:
    assert postgres_server.psql("SHOW synchronous_commit") == "off"
    async with _opened(url) as database:
        assert await _value(database, "SHOW synchronous_commit", writing=True) == "on"


async def test_who_writes_sees_each_commit_and_who_reads_sees_one_moment(url: str) -> None:
    async with _opened(url) as database:
        isolation, read_only = "SHOW transaction_isolation", "SHOW transaction_read_only"
        assert await _value(database, isolation, writing=True) == "read committed"
        assert await _value(database, read_only, writing=True) == "off"
        assert await _value(database, isolation) == "repeatable read"
        assert await _value(database, read_only) == "on"


async def test_a_lock_that_another_process_keeps_is_told_to_writers_and_stops_no_reader(url: str) -> None:
    async with _opened(url) as database, _opened(url) as other, other.writing():
        assert await _value(database, "SELECT 1") == 1
        with pytest.raises(OutsideFault, match="another process keeps the store locked"):
            await database.writing().__aenter__()


async def test_a_long_result_comes_in_portions(url: str) -> None:
    async with _opened(url) as database, database.reading() as transaction:
        many = text("SELECT i FROM generate_series(1, 25) AS i")
        portions = [[row.i for row in rows] async for rows in transaction.stream(many, portion=10)]

    assert portions == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26))]


async def test_a_cancelled_unit_of_work_leaves_no_lock_behind(url: str) -> None:
    async with _opened(url, StoreAccess(busy_seconds=2)) as database:
        await _make_table(database)

        async def work() -> None:
            async with database.writing() as transaction:
                await transaction.all(text("SELECT * FROM t"))
                await transaction.change(text("INSERT INTO t VALUES (1)"))
                await transaction.commit()

        for steps in range(0, 60, 2):
            task = asyncio.get_running_loop().create_task(work())
            for _ in range(steps):
                await asyncio.sleep(0.0001)
            task.cancel()
            await asyncio.wait((task,))
            await work()
        assert await _value(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


# ------------------------------------------------------------------------------------------ going away


async def test_a_statement_that_takes_too_long_is_stopped(url: str) -> None:
    async with _opened(url, StoreAccess(answer_seconds=0.3)) as database:
        with pytest.raises(OutsideFault, match="took too long"):
            await _value(database, "SELECT pg_sleep(30)")
        assert await _value(database, "SELECT 1") == 1


async def test_a_migration_may_take_longer_than_other_statements(url: str) -> None:
    async with (
        _opened(url, StoreAccess(answer_seconds=0.2)) as database,
        database.writing_unhurried() as transaction,
    ):
        assert await transaction.first(text("SELECT 1 AS one FROM pg_sleep(0.5)")) == {"one": 1}


async def test_a_server_that_falls_silent_is_not_waited_for_without_end(url: str) -> None:
    async with _opened(url, StoreAccess(answer_seconds=0.4)) as database:
        async with database.reading() as transaction:
            row = await transaction.first(text("SELECT pg_backend_pid() AS pid"))
            assert row is not None
            os.kill(row["pid"], signal.SIGSTOP)
            try:
                async with asyncio.timeout(30):
                    with pytest.raises(Unanswered, match="does not answer"):
                        await transaction.first(text("SELECT 1 AS one"))
            finally:
                os.kill(row["pid"], signal.SIGCONT)
        assert await _value(database, "SELECT 1") == 1


async def test_a_commit_whose_answer_was_lost_says_that_it_may_have_happened(
    postgres_server: PostgresServer, url: str
) -> None:
    async with _opened(url) as database:
        await _make_table(database)
        async with database.writing() as transaction:
            await transaction.change(text("INSERT INTO t VALUES (1)"))
            postgres_server.psql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
            with pytest.raises(Unanswered, match=r"may have been carried out: .*Look whether it was"):
                await transaction.commit()
        assert await _value(database, "SELECT count(*) FROM t") == 0


async def test_a_server_that_was_away_is_found_again() -> None:
    with running_postgres() as server:
        async with _opened(server.url(server.new_database())) as database:
            await _make_table(database)
            server.stop()
            for _ in range(2):
                with pytest.raises(Unanswered):
                    await _value(database, "SELECT count(*) FROM t")
            with pytest.raises(Unanswered):
                await database.writing().__aenter__()
            server.start()
            assert await _value(database, "SELECT count(*) FROM t") == 0
            server.stop()
            server.start()  # nobody has noticed
            await _value(database, "SELECT count(*) FROM t", writing=True)

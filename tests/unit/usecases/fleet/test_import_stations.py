from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.fakes.builders import password_credential, station
from tests.fakes.certificates import self_signed
from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.passwords.argon2id import FOR_TESTS, matches_argon2
from voltward.crypto.passwords.passwords import PasswordKeys
from voltward.domain.credential import Argon2Hash, Password
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.usecases.fleet.fleet_file import Record, RowFault, read_fleet_file
from voltward.usecases.fleet.fleet_plan import PlanRules
from voltward.usecases.fleet.import_stations import (
    UNIT,
    ImportOrder,
    ImportReport,
    ImportTools,
    import_stations,
)
from voltward.usecases.fleet.weak_passwords import SHARED, SHIPPED, SHORT, Grace

KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
GRACE = Grace(NOON + timedelta(days=90), "cli:ann", "taken over")
ORDER = ImportOrder("cli:ann", "fleet.csv", PlanRules(GRACE, ("default",), ("AUTH-03",)))
LEAF = self_signed("SN-3").der
FLEET = """identity,password,serial,certificate
CP001,12345678,SN-1,
CP002,12345678,SN-2,
CP003,,SN-3,leaf.pem
CP 4/5,,,
CP006,,SN-1,
CP007,,,
"""


async def run(
    store: SqlStore,
    source: str | Iterator[Record | RowFault] = FLEET,
    heard: list[tuple[int, int]] | None = None,
    **order: Any,
) -> ImportReport:
    told = heard if heard is not None else []
    tools = ImportTools(
        KEYS, FakeClock(), SeededEntropy(), lambda _: LEAF, lambda done, rows: told.append((done, rows))
    )
    records = read_fleet_file(source.encode()) if isinstance(source, str) else source
    return await import_stations(store, records, replace(ORDER, **order), tools)


async def stations_in(store: SqlStore) -> list[str]:
    async with store.read() as work:
        return [s.id.identity for s in await work.stations.all()]


async def test_good_rows_go_in_and_wrong_ones_are_told(store: SqlStore) -> None:
    report = await run(store)
    assert await stations_in(store) == ["CP001", "CP002", "CP003", "CP007"]
    assert [(f.line, f.column) for f in report.faults] == [(5, "identity"), (6, "serial")]
    assert (report.rows, report.registered, report.changed, report.unchanged) == (6, 4, 0, 0)
    assert (report.weak, report.unknown_passwords) == ({SHORT: 2, SHIPPED: 2, SHARED: 2}, 1)
    first, third = await entry_of(store), await entry_of(store, "CP003")
    (password,) = first.credentials
    assert isinstance(password.proof, Password)
    assert isinstance(password.proof.verifier, Argon2Hash)
    assert matches_argon2(b"12345678", password.proof.verifier)
    assert {e.control for e in first.exceptions} == {SHORT, SHIPPED, SHARED}
    assert third.station.profile is SecurityProfile.TLS_CERTIFICATE


async def test_doing_it_again_changes_nothing(store: SqlStore) -> None:
    await run(store)
    before = [await entry_of(store, name) for name in await stations_in(store)]
    report = await run(store)
    assert (report.registered, report.changed, report.unchanged) == (0, 0, 4)
    assert [await entry_of(store, name) for name in await stations_in(store)] == before
    assert [e.kind for e in await journalled(store)].count("station_imported") == 4


async def test_a_dry_run_tells_the_same_and_does_nothing(store: SqlStore) -> None:
    dry = await run(store, dry_run=True)
    assert await stations_in(store) == []
    assert await journalled(store) == []
    wet = await run(store)
    assert not dry.applied
    assert wet.applied
    for name in ("rows", "registered", "changed", "unchanged", "weak", "unknown_passwords"):
        assert getattr(dry, name) == getattr(wet, name), name
    assert [str(f) for f in dry.faults] == [str(f) for f in wet.faults]


async def test_all_or_nothing_does_nothing_for_one_wrong_row(store: SqlStore) -> None:
    assert not (await run(store, all_or_nothing=True)).applied
    assert await stations_in(store) == []
    assert (await run(store, "identity\nCP001\n", all_or_nothing=True)).applied


async def test_the_journal_tells_each_station_and_the_whole_and_no_password(store: SqlStore) -> None:
    await run(store)
    *rows, end = await journalled(store)
    assert [(e.kind, e.subject, e.facts["line"]) for e in rows][:2] == [
        ("station_imported", "CP001", 2),
        ("station_imported", "CP002", 3),
    ]
    assert rows[1].facts["weak"] == (SHORT, SHIPPED, SHARED)
    assert (end.kind, end.facts["registered"], end.facts["faults"]) == ("fleet_imported", 4, 2)
    assert "12345678" not in repr(rows)


async def test_a_large_list_goes_in_by_units_and_tells_how_far_it_is(store: SqlStore) -> None:
    heard: list[tuple[int, int]] = []
    count = 2 * UNIT + 1
    rows = "".join(f"CP{number:05d}\n" for number in range(count))
    await run(store, f"identity\n{rows}", heard)
    assert heard == [(UNIT, count), (2 * UNIT, count), (count, count)]
    assert len(await stations_in(store)) == count


async def test_what_somebody_else_changed_meanwhile_does_not_keep_the_others_out(
    store: SqlStore, tmp_path: Path
) -> None:
    await run(store)

    def while_another_process_is_faster() -> Iterator[Record | RowFault]:
        yield from read_fleet_file(b"identity,note\nCP001,a\nCP002,b\nCP003,c\n")
        connection = sqlite3.connect(tmp_path / "voltward.db")
        with connection:
            connection.execute("UPDATE stations SET revision = revision + 1 WHERE identity = 'CP002'")
        connection.close()

    report = await run(store, while_another_process_is_faster())

    (fault,) = report.faults
    assert (fault.line, fault.subject, fault.mend) == (3, "CP002", "Import the file again.")
    assert (report.changed, report.unchanged) == (2, 0)
    assert [(await entry_of(store, f"CP00{n}")).station.note for n in (1, 2, 3)] == ["a", "", "c"]


async def test_what_was_there_already_is_changed_by_what_the_row_says(store: SqlStore) -> None:
    await put(store, station(serial=None), password_credential(proven_at=NOON))
    report = await run(store, "identity,serial,password\nCP001,SN-9,correct horse battery\n")
    entry = await entry_of(store)
    assert (report.registered, report.changed) == (0, 1)
    assert entry.station.serial == "SN-9"
    assert [c.generation for c in entry.credentials] == [1, 2]
    assert entry.has_proven_credential

from __future__ import annotations

import sqlite3
from datetime import timedelta

from tests.fakes.builders import station
from tests.fakes.clock import FakeClock
from tests.fakes.deployments import Site
from tests.fakes.stores import put
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.soundness.check import check_deployment
from voltward.bootstrap.soundness.remarks import Severity, Soundness


async def check(site: Site, *overrides: str) -> Soundness:
    return await check_deployment(site.settings(*overrides), site.file)


def whats(found: Soundness) -> str:
    return "\n".join(problem.what for problem in found.problems)


async def test_a_wait_that_is_too_long_is_told(site: Site) -> None:
    found = await check(site, 'certificates.renewal.proof_patience="31 d"')

    (problem,) = found.problems
    assert "certificates.renewal.proof_patience" in problem.what
    assert problem.mend == "Write at most 30 d."


async def test_what_init_made_is_sound(site: Site) -> None:
    found = await check(site)

    assert (found.ok, whats(found)) == (True, "")
    told = "\n".join(note.what for note in found.notes)
    for words in (
        "OpenSSL",
        "root keys",
        "signed heads",
        "stations dial",
        "no authority",
        "no effect yet",
        "files",
    ):
        assert words in told


async def test_a_check_changes_nothing(site: Site) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.folder.rglob("*") if "heads" not in str(path)}

    await check(site)

    assert {path for path in site.folder.rglob("*") if "heads" not in str(path)} == set(before)
    async with open_deployment(site.settings()) as deployment:
        assert await deployment.journal.tail(10) == []


async def test_everything_that_is_wrong_is_told_at_once(site: Site) -> None:
    (site.folder / "voltward.db").chmod(0o644)

    found = await check(
        site,
        "operator.name=",
        "gateway.path=/x",
        'csms.protocols=["mqtt"]',
        "csms.url=http://x",
        'group.a.actions={"NO-99"="record"}',
    )

    for words in ("no name", "where the identity stands", "mqtt", "WebSocket URL", "NO-99", "open to others"):
        assert words in whats(found)
    assert len(found.problems) == 6


async def test_a_room_that_does_not_open_is_told_once(site: Site) -> None:
    (site.folder / "gateway/unlock.key").write_bytes(b"x" * 31 + b"\xff")

    found = await check(site)

    (problem,) = found.problems
    assert "does not open the room" in problem.what


async def test_a_store_from_a_newer_version_is_told(site: Site) -> None:
    connection = sqlite3.connect(site.folder / "voltward.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    assert "the store has version 9999" in whats(await check(site))


async def test_a_missing_store_is_told_and_not_made(site: Site) -> None:
    (site.folder / "voltward.db").unlink()

    assert "there is no store" in whats(await check(site))
    assert not (site.folder / "voltward.db").exists()


async def test_what_only_the_whole_gateway_meets_is_told_too(site: Site) -> None:
    found = await check(site, 'gateway.carriers=[{network="everybody"}]')

    assert "'everybody' is no network" in whats(found)


async def test_the_clock_decides_what_has_ended(site: Site) -> None:
    later = FakeClock(SystemClock().now() + timedelta(days=4000))

    found = await check_deployment(site.settings(), site.file, later)

    assert [problem.severity for problem in found.problems] == [Severity.ERROR] * 6  # servers, and their CAs


async def test_the_fleet_is_held_against_settings_and_limits(site: Site) -> None:
    async with open_deployment(site.settings()) as deployment:
        await put(deployment.store, station("CP1", group="lost"))

    found = await check(site)

    assert any("'lost'" in note.what for note in found.notes)

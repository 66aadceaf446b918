from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.backups.backup import BackupMade, BackupOrder, make_backup
from voltward.bootstrap.deployment import open_deployment
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret


def _quiet(_table: str, _rows: int) -> None:
    pass


async def made(site: Site, target: Path, passphrase: bytes | None = None) -> BackupMade:
    order = BackupOrder(target, Secret(passphrase) if passphrase is not None else None, FOR_TESTS)
    return await make_backup(site.settings(), site.file, order, "ann", _quiet)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_backup_is_one_private_file_and_a_row_of_the_journal(site: Site, tmp_path: Path) -> None:
    found = await made(site, tmp_path / "a.backup")

    assert (found.path, found.octets, found.is_sealed) == (
        tmp_path / "a.backup",
        found.path.stat().st_size,
        False,
    )
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o600
    assert names_in(tmp_path) == {"deployment", "a.backup"}
    async with open_deployment(site.settings()) as deployment:
        (row,) = await deployment.journal.tail(10)
    assert (row.event.kind, row.event.actor) == ("backup_made", "ann")
    assert row.event.facts["file"] == str(found.path)


async def test_in_a_folder_it_is_named_by_its_time(site: Site, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()

    found = await made(site, tmp_path / "kept")

    assert re.fullmatch(r"voltward-20\d{6}T\d{6}Z\.backup", found.path.name)
    assert names_in(tmp_path / "kept") == {found.path.name}


async def test_a_sealed_one_leaves_nothing_out_and_shows_nothing(site: Site, tmp_path: Path) -> None:
    found = await made(site, tmp_path / "a.backup", b"correct horse battery staple")

    assert (found.is_sealed, found.left_out) == (True, ())
    octets = found.path.read_bytes()
    assert b"voltward.toml" not in octets
    assert (site.folder / "gateway" / "unlock.key").read_bytes() not in octets


async def test_a_plain_one_holds_no_key_that_opens_anything(site: Site, tmp_path: Path) -> None:
    found = await made(site, tmp_path / "a.backup")

    assert (site.folder / "gateway" / "unlock.key").read_bytes() not in found.path.read_bytes()
    assert len(found.left_out) == 2


@pytest.mark.parametrize(
    ("target", "passphrase"),
    [("deployment/voltward.toml", None), ("nowhere/a.backup", None), ("a.backup", b"too short     ")],
)
async def test_what_cannot_be_done_is_refused_before_anything_is(
    site: Site, tmp_path: Path, target: str, passphrase: bytes | None
) -> None:
    with pytest.raises(OperatorFault):
        await made(site, tmp_path / target, passphrase)

    async with open_deployment(site.settings()) as deployment:
        assert await deployment.journal.tail(10) == []

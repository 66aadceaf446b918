from __future__ import annotations

import tarfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from tests.fakes.builders import denied_certificate, station
from tests.fakes.clock import NOON
from tests.fakes.deployments import Site
from voltward.adapters.backup.manifest import sign_manifest
from voltward.adapters.pki.signer.ledger_file import LedgerFile
from voltward.adapters.system_clock import SystemEntropy
from voltward.bootstrap.backups.backup import BackupOrder, make_backup
from voltward.bootstrap.backups.restore import Restored, RestoreOrder, restore, verify_backup
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.gateway.grounds import snapshot_file
from voltward.bootstrap.rooms import open_room
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.domain.ended_rights import EndedRights
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.domain.station import Standing, StationId
from voltward.ports.snapshot import Snapshot, SnapshotHead
from voltward.ports.vault import RoomName
from voltward.settings import load_settings
from voltward.usecases.fleet.change_station import retire_station

PASSPHRASE = Secret(b"correct horse battery staple")
CP1 = StationId("CP001")


def _quiet(_table: str, _rows: int) -> None:
    pass


@pytest.fixture
async def backup(site: Site, tmp_path: Path) -> Path:
    """Of a deployment with one station."""
    async with open_deployment(site.settings()) as deployment, deployment.store.begin() as work:
        await work.stations.save(station())
        await work.commit()
    order = BackupOrder(tmp_path / "a.backup", PASSPHRASE, FOR_TESTS)
    return (await make_backup(site.settings(), site.file, order, "ann", _quiet)).path


async def restored(backup: Path, into: Path, **more: Path | None) -> Restored:
    return await restore(RestoreOrder(backup, PASSPHRASE, **more), into, "ann")


async def rows(deployment: Deployment) -> list[str]:
    return [row.event.kind for row in await deployment.journal.tail(20)]


async def test_it_comes_back_whole_and_says_so_in_its_journal(backup: Path, tmp_path: Path) -> None:
    found = await restored(backup, tmp_path / "new")

    assert (found.stations, found.problems, found.missing, found.notes) == (1, (), (), ())
    settings = load_settings(tmp_path / "new" / "voltward.toml")
    async with open_deployment(settings) as deployment:
        assert await rows(deployment) == ["deployment_restored"]
        assert await deployment.journal.problems(deployment.clock.now()) == []


async def test_what_the_old_folder_knows_to_be_ended_is_ordered_again(
    site: Site, backup: Path, tmp_path: Path
) -> None:
    ended = EndedRights((denied_certificate(),), (CP1,))
    async with open_deployment(site.settings()) as deployment:
        await retire_station(deployment.store, CP1, "sold", "ann", deployment.clock)
        head = SnapshotHead(1, NOON, 99, (), ended.denials, (), ended.retired)
        await snapshot_file(deployment).write(Snapshot(head, ()))

    found = await restored(backup, tmp_path / "new", old=site.folder)

    assert found.recalled == ended
    assert [(lost.chain, lost.first) for lost in found.missing] == [("cli", 1)]
    async with open_deployment(load_settings(tmp_path / "new" / "voltward.toml")) as deployment:
        async with deployment.store.read() as work:
            record = await work.stations.get(CP1)
            assert [denied.fingerprint for denied in await work.denials.all()] == [
                denied_certificate().fingerprint
            ]
        assert record is not None
        assert record.standing is Standing.RETIRED
        assert await rows(deployment) == ["certificate_revoked", "station_retired", "deployment_restored"]


async def test_the_old_signers_longer_ledger_takes_the_place_of_the_backups(
    site: Site, tmp_path: Path
) -> None:
    order_by(site, "before")
    plain = BackupOrder(tmp_path / "a.backup")
    made = await make_backup(site.settings(), site.file, plain, "ann", _quiet)
    order_by(site, "after")

    for name, old, records in (("new", site.folder, 2), ("alone", None, 1)):
        into = tmp_path / name
        await restore(RestoreOrder(made.path, secrets=site.folder, old=old), into, "ann")
        assert records_of(into) == records


def order_by(site: Site, word: str) -> None:
    """The signer notes one more."""
    room = open_room(site.settings(), RoomName.SIGNER)
    ledger = LedgerFile.open(room.folder, room, SystemEntropy())
    list(ledger.contents())
    ledger.append([word.encode()])
    ledger.close()


def records_of(folder: Path) -> int:
    room = open_room(load_settings(folder / "voltward.toml"), RoomName.SIGNER)
    ledger = LedgerFile.open(room.folder, room, SystemEntropy())
    try:
        return len(list(ledger.contents()))
    finally:
        ledger.close()


async def test_what_is_not_in_it_is_taken_from_where_it_is_kept(site: Site, tmp_path: Path) -> None:
    plain = BackupOrder(tmp_path / "plain.backup")
    made = await make_backup(site.settings(), site.file, plain, "ann", _quiet)
    order = RestoreOrder(made.path)

    with pytest.raises(OperatorFault, match="what opens the gateway's room is not in the backup"):
        await restore(order, tmp_path / "new", "ann")
    assert not (tmp_path / "new").exists()
    await restore(replace(order, secrets=site.folder), tmp_path / "new", "ann")

    key = tmp_path / "new" / "gateway" / "unlock.key"
    assert key.read_bytes() == (site.folder / "gateway" / "unlock.key").read_bytes()


async def test_nothing_is_restored_over_something(backup: Path, site: Site) -> None:
    with pytest.raises(OperatorFault, match="not an empty folder"):
        await restored(backup, site.folder)


async def test_a_backup_is_tried_without_being_restored(backup: Path) -> None:
    found = await verify_backup(RestoreOrder(backup, PASSPHRASE))

    assert (found.is_opened, found.stations, found.problems) == (True, 1, ())
    with pytest.raises(OperatorFault, match="is sealed"):
        await verify_backup(RestoreOrder(backup))
    cut_off(backup, 40)
    with pytest.raises(OutsideFault, match="damaged"):
        await verify_backup(RestoreOrder(backup, PASSPHRASE))


async def test_without_the_key_digests_alone_are_compared(site: Site, tmp_path: Path) -> None:
    made = await make_backup(site.settings(), site.file, BackupOrder(tmp_path / "a"), "ann", _quiet)

    found = await verify_backup(RestoreOrder(made.path))

    assert (found.is_opened, found.problems) == (False, ())


async def test_one_that_somebody_else_put_together_is_told(site: Site, tmp_path: Path) -> None:
    made = await make_backup(site.settings(), site.file, BackupOrder(tmp_path / "a"), "ann", _quiet)
    doctored = signed_by(Secret(b"t" * 32), made.path, tmp_path / "b")

    found = await verify_backup(RestoreOrder(doctored, secrets=site.folder))

    assert found.problems == (
        "The backup is not signed by this deployment's key: somebody else has put it together.",
    )


def signed_by(seed: Secret, backup: Path, target: Path) -> Path:
    """The same archive under another signature."""
    with tarfile.open(backup) as source, tarfile.open(target, "w") as there:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            octets = content.read()
            manifest = octets if member.name == "manifest.json" else manifest_of(source)
            if member.name == "manifest.sig":
                octets = sign_manifest(manifest, seed)
            there.addfile(member, BytesIO(octets))
    return target


def manifest_of(archive: tarfile.TarFile) -> bytes:
    content = archive.extractfile("manifest.json")
    assert content is not None
    return content.read()


def cut_off(file: Path, octets: int) -> None:
    file.write_bytes(file.read_bytes()[:-octets])

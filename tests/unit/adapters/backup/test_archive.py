from __future__ import annotations

import stat
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from tests.fakes.clock import NOON
from voltward.adapters.backup.archive import Source, open_archive, write_archive
from voltward.adapters.backup.manifest import FORMAT, STORE, Entry, Manifest
from voltward.domain.errors import OutsideFault

TOML = Source("deployment/voltward.toml", b"[store]\n", private=False)


def archive_of(folder: Path, change: Callable[[Entry], Entry] = lambda entry: entry) -> bytes:
    store = folder / "copy"
    store.write_bytes(b"rows" * 1000)
    sources = (Source(STORE, store, private=True), TOML)
    entries = tuple(change(source.entry()) for source in sources)
    manifest = Manifest(FORMAT, "1.0", NOON, "voltward.toml", "journal-heads", entries)
    file = BytesIO()
    write_archive(file, manifest, lambda octets: octets[:8], sources)
    return file.getvalue()


def unpacked(octets: bytes, into: Path) -> dict[str, Path]:
    places: dict[str, Path] = {}

    def place(entry: Entry) -> Path:
        places[entry.path] = into / entry.path.replace("/", "-")
        return places[entry.path]

    with open_archive(BytesIO(octets), "a.backup") as archive:
        opening = archive.opening()
        assert opening.signature == opening.octets[:8]
        archive.unpack(opening.manifest, place)
    return places


def test_every_file_comes_back_with_its_mode(tmp_path: Path) -> None:
    places = unpacked(archive_of(tmp_path), tmp_path)

    assert places[STORE].read_bytes() == b"rows" * 1000
    assert places[TOML.path].read_bytes() == TOML.content
    assert [stat.S_IMODE(path.stat().st_mode) for path in places.values()] == [0o600, 0o644]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda entry: msgspec.structs.replace(entry, sha256="00" * 32), "not what the manifest says"),
        (lambda entry: msgspec.structs.replace(entry, octets=entry.octets + 1), "not the size"),
        (lambda entry: msgspec.structs.replace(entry, path=f"{entry.path}x"), "cannot be read"),
        (lambda entry: msgspec.structs.replace(entry, path=f"deployment/{entry.path}"), "is missing"),
    ],
)
def test_what_differs_from_the_manifest_is_named(
    tmp_path: Path, change: Callable[[Entry], Entry], words: str
) -> None:
    octets = archive_of(tmp_path, change)

    with pytest.raises(OutsideFault, match=words):
        unpacked(octets, tmp_path)


def test_an_archive_that_breaks_off_or_is_none_is_refused(tmp_path: Path) -> None:
    whole = archive_of(tmp_path)
    for number, octets in enumerate((b"", b"no archive", whole[:700], whole[: len(whole) // 2])):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(OutsideFault):
            unpacked(octets, folder)


def test_a_link_in_the_place_of_a_file_is_none(tmp_path: Path) -> None:
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        link = tarfile.TarInfo("manifest.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)

    with pytest.raises(OutsideFault, match="is missing"):
        unpacked(file.getvalue(), tmp_path)


def test_a_file_of_holes_fills_no_disk(tmp_path: Path) -> None:
    """An old form of GNU's: a head says how much there is between what is there, and nothing is."""
    member = tarfile.TarInfo(STORE)
    member.type = tarfile.GNUTYPE_SPARSE
    head = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    head[386:482], head[482:483], head[483:495] = bytes(96), b"\0", b"%011o\0" % 4000
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    whole = archive_of(tmp_path)
    at = whole.index(STORE.encode() + b"\0", 1024)

    with pytest.raises(OutsideFault, match="has holes in it"):
        unpacked(whole[:at] + bytes(head) + whole[at + 512 + 4096 :], tmp_path)

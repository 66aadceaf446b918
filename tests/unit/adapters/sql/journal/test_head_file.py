from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from voltward.adapters.sql.journal.head_file import HeadFile, head_writers, make_heads_folder
from voltward.domain.errors import OutsideFault


def _append(file: HeadFile, line: bytes) -> bytes | None:
    """Returns what the file gave as its last line."""
    given: list[bytes | None] = []

    def follow(last: bytes | None) -> bytes:
        given.append(last)
        return line

    assert file.try_append(follow)
    return given[0]


def _lines(file: HeadFile) -> list[bytes]:
    found = file.try_read()
    assert found is not None
    return list(found.lines)


def test_a_line_follows_the_last_one(tmp_path: Path) -> None:
    file = HeadFile(tmp_path, "cli")

    assert [_append(file, b"one"), _append(file, b"two"), _append(file, b"three")] == [None, b"one", b"two"]
    assert _lines(file) == [b"one", b"two", b"three"]


def test_nothing_is_appended_if_there_is_nothing_to_say(tmp_path: Path) -> None:
    file = HeadFile(tmp_path, "cli")
    _append(file, b"one")

    assert file.try_append(lambda last: None)
    assert _lines(file) == [b"one"]


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "heads"
    make_heads_folder(folder)
    file = HeadFile(folder, "cli")
    _append(file, b"one")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_torn_line_is_dropped_when_the_next_one_comes(tmp_path: Path) -> None:
    file = HeadFile(tmp_path, "cli")
    _append(file, b"one")
    with file.path.open("ab") as handle:
        handle.write(b"to")

    assert _append(file, b"three") == b"one"
    assert _lines(file) == [b"one", b"three"]


def test_a_torn_first_line_is_dropped_as_well(tmp_path: Path) -> None:
    file = HeadFile(tmp_path, "cli")
    file.path.write_bytes(b"on")

    assert _append(file, b"one") is None
    assert _lines(file) == [b"one"]


def test_what_is_no_line_of_ours_stays_as_evidence(tmp_path: Path) -> None:
    file = HeadFile(tmp_path, "cli")
    _append(file, b"one")
    with file.path.open("ab") as handle:
        handle.write(b"x" * 5000)

    assert _append(file, b"two") == b"x" * 5000
    assert _lines(file) == [b"one", b"x" * 5000 + b"two"]


def test_a_full_file_becomes_the_older_half_and_there_are_never_more_than_two(tmp_path: Path) -> None:
    file = HeadFile(tmp_path, "cli", full_at=20)

    given = [_append(file, b"line %04d" % number) for number in range(10)]

    assert given[1:] == [b"line %04d" % number for number in range(9)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cli.heads", "cli.heads.older"]
    found = file.try_read()
    assert found is not None
    assert list(found.lines) == [b"line %04d" % number for number in range(6, 10)]
    assert not found.from_the_first


def test_whoever_comes_second_tries_again(tmp_path: Path) -> None:
    file = HeadFile(tmp_path, "cli")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        assert not file.try_append(lambda last: b"one")
        assert file.try_read() is None
    finally:
        os.close(folder)

    assert _append(file, b"one") is None


def test_a_folder_that_is_gone_is_the_outsides_fault(tmp_path: Path) -> None:
    file = HeadFile(tmp_path / "gone", "cli")

    with pytest.raises(OutsideFault, match=r"gone/cli\.heads: .*No such file"):
        file.try_append(lambda last: b"one")


def test_a_folder_that_cannot_be_made_is_the_outsides_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OutsideFault, match="cannot be made"):
        make_heads_folder(tmp_path / "file" / "heads")


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    _append(HeadFile(tmp_path, "cli"), b"one" * 20)
    script = f"""
import resource
from pathlib import Path
from voltward.adapters.sql.journal.head_file import HeadFile
from voltward.domain.errors import OutsideFault
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # the disk takes 39 octets more
try:
    HeadFile(Path({str(tmp_path)!r}), "cli").try_append(lambda last: b"two" * 20)
except OutsideFault as fault:
    print(fault)
"""
    done = subprocess.run(  # noqa: S603 - a fixed command
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert "the signed heads of the journal cannot be kept (No space left on device)" in done.stdout
    assert (tmp_path / "cli.heads").read_bytes() == b"one" * 20 + b"\n"


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "cli.heads").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OutsideFault):
        HeadFile(tmp_path, "cli").try_append(lambda last: b"one")
    assert not (tmp_path / "elsewhere").exists()


def test_every_writer_with_a_file_is_known(tmp_path: Path) -> None:
    for name in ("cli.heads", "gateway.heads.older", "other.txt"):
        (tmp_path / name).write_text("")

    assert head_writers(tmp_path) == {"cli", "gateway"}

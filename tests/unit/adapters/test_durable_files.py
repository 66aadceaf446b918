from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from voltward.adapters.durable_files import (
    disk,
    flush_folder,
    is_open_to_others,
    make_folder,
    read_file,
    write_file,
)
from voltward.domain.errors import OutsideFault


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def files_of_at_most(octets: int) -> Iterator[None]:
    """A disk that is full for larger files, made by the kernel."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Root may read everything: be nobody for a moment."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_is_written_with_its_mode_whatever_the_umask_says(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o077 if mode == 0o644 else 0)
    try:
        write_file(tmp_path / "file", b"content", mode)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == mode
    assert read_file(tmp_path / "file", 7) == b"content"


def test_a_replaced_file_has_the_new_content_and_mode_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"old", 0o644)
    (tmp_path / ".file.new").write_bytes(b"left by a power cut")
    write_file(tmp_path / "file", b"new", 0o600)
    assert read_file(tmp_path / "file", 100) == b"new"
    assert mode_of(tmp_path / "file") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_written_leaves_the_old_and_nothing_beside(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"old", 0o600)
    with files_of_at_most(1000), pytest.raises(OutsideFault) as caught:
        write_file(tmp_path / "file", b"x" * 5000, 0o600)
    assert "cannot be written" in str(caught.value)
    assert caught.value.mend
    assert read_file(tmp_path / "file", 100) == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_that_lies_in_wait_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / ".file.new").symlink_to(victim)
    write_file(tmp_path / "file", b"secret", 0o600)
    assert victim.read_bytes() == b"precious"


def test_a_larger_file_than_expected_is_not_read(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"12345", 0o600)
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OutsideFault, match="more than 4"):
        read_file(tmp_path / "file", 4)


def test_a_missing_file_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match="cannot be read") as caught:
        read_file(tmp_path / "file", 5)
    assert caught.value.subject == str(tmp_path / "file")
    assert "restore" in caught.value.mend


def test_an_unreadable_file_is_named_with_the_mend(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"12345", 0o000)
    with as_somebody_else(), pytest.raises(OutsideFault) as caught:
        read_file(tmp_path / "file", 5)
    assert "owner and mode" in caught.value.mend


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault) as caught:
        read_file(tmp_path, 5)
    assert "folder" in caught.value.mend


def test_other_errors_than_the_disks_pass(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), disk(tmp_path, "cannot be read"):
        _ = 1 / 0


def test_a_folder_is_made_with_its_mode_once(tmp_path: Path) -> None:
    make_folder(tmp_path / "folder", 0o700)
    assert mode_of(tmp_path / "folder") == 0o700
    with pytest.raises(OutsideFault, match="cannot be made"):
        make_folder(tmp_path / "folder", 0o700)


@pytest.mark.parametrize(
    ("mode", "is_open"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o620, True)]
)
def test_a_file_is_open_when_anybody_else_may_do_anything(tmp_path: Path, mode: int, is_open: bool) -> None:
    write_file(tmp_path / "file", b"", mode)
    assert is_open_to_others(tmp_path / "file") == is_open


def test_a_file_is_no_folder_to_be_flushed(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"", 0o600)
    with pytest.raises(NotADirectoryError):
        flush_folder(tmp_path / "file")

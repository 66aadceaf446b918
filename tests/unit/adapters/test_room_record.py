from __future__ import annotations

from pathlib import Path

import pytest

from voltward.adapters.room_record import FILE_NAME, RoomRecord, Stretching, read_record, write_record
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.domain.errors import OutsideFault
from voltward.ports.vault import UnlockKind

WRAPPED = ((b"new-key.", b"wrapped-1"), (b"old-key.", b"wrapped-2"))
PLAIN = RoomRecord("gateway", UnlockKind.KEY, None, WRAPPED)
STRETCHED = RoomRecord("gateway", UnlockKind.PASSPHRASE, Stretching(b"s" * 16, FOR_TESTS), WRAPPED[:1])


@pytest.mark.parametrize("record", [PLAIN, STRETCHED])
def test_a_record_comes_back_as_it_was_written(tmp_path: Path, record: RoomRecord) -> None:
    write_record(tmp_path, record)
    assert read_record(tmp_path, "gateway") == record


def test_the_record_of_another_room_is_refused(tmp_path: Path) -> None:
    write_record(tmp_path, PLAIN)
    with pytest.raises(OutsideFault, match="belongs to the room 'gateway', not 'signer'"):
        read_record(tmp_path, "signer")


def test_a_missing_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault) as caught:
        read_record(tmp_path, "gateway")
    assert caught.value.subject == str(tmp_path / FILE_NAME)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("format = 1", "format = 2"),
        ('unlock = "passphrase"', 'unlock = "nothing"'),
        ('room = "gateway"', ""),
        ("[[key]]", "[[keys]]"),
        ("[argon2id]", "[argon2]"),
        ("passes = 1", "passes = 100000"),
        ("passes = 1", "passes = 0"),
        ("memory_kib = 8", "memory_kib = 999999999"),
        ("lanes = 1", 'lanes = "1"'),
        ("lanes = 1", "lanes = 4"),
        ('salt = "', 'salt = "zz'),
        ('wrapped = "', 'wrapped = "zz'),
        ("# A room", "A room"),
        ("# A room", "# \xff room"),
    ],
)
def test_a_damaged_record_is_named_and_costs_nothing(tmp_path: Path, old: str, new: str) -> None:
    write_record(tmp_path, STRETCHED)
    file = tmp_path / FILE_NAME
    text = file.read_text(encoding="ascii")
    assert old in text
    file.write_text(text.replace(old, new), encoding="latin-1")
    with pytest.raises(OutsideFault, match="damaged") as caught:
        read_record(tmp_path, "gateway")
    assert caught.value.subject == str(file)


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    write_record(tmp_path, PLAIN)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600

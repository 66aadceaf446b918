"""The ledger's file: what a crash leaves is gone on from, what a hand has changed is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.chance import CountedTokens
from tests.fakes.rooms import MemoryRoom
from voltward.adapters.pki.signer.ledger_file import HEAD_NAME, LedgerFile, accept_loss
from voltward.domain.errors import OperatorFault, OutsideFault

CHANCE = CountedTokens("ledger")


def contents(folder: Path, room: MemoryRoom) -> list[bytes]:
    file = LedgerFile.open(folder, room, CHANCE)
    try:
        return [content for _, content in file.contents()]
    finally:
        file.close()


def write(folder: Path, room: MemoryRoom, *batches: list[bytes]) -> None:
    file = LedgerFile.open(folder, room, CHANCE)
    list(file.contents())
    for batch in batches:
        file.append(batch)
    file.close()


@pytest.fixture
def room() -> MemoryRoom:
    return MemoryRoom()


def test_what_was_added_is_there_after_a_start(tmp_path: Path, room: MemoryRoom) -> None:
    write(tmp_path, room, [b"one", b"two"], [b"three"])
    write(tmp_path, room, [b"four"])

    assert contents(tmp_path, room) == [b"one", b"two", b"three", b"four"]


def test_a_record_can_be_looked_at_again(tmp_path: Path, room: MemoryRoom) -> None:
    file = LedgerFile.open(tmp_path, room, CHANCE)
    list(file.contents())
    first, second = file.append([b"one", b"two"])

    assert (file.content(second), file.content(first)) == (b"two", b"one")
    file.close()


def test_a_record_that_a_crash_tore_off_was_told_to_nobody_and_goes(tmp_path: Path, room: MemoryRoom) -> None:
    write(tmp_path, room, [b"one"])
    path = tmp_path / "ledger.log"
    whole = path.read_bytes()
    path.write_bytes(whole + b"\0\0\0\x40\x01half of a rec")

    assert contents(tmp_path, room) == [b"one"]
    assert path.read_bytes() == whole


def test_a_record_that_the_head_does_not_count_yet_is_kept(tmp_path: Path, room: MemoryRoom) -> None:
    write(tmp_path, room, [b"one"])
    head = room.get(HEAD_NAME)
    write(tmp_path, room, [b"two"])
    room.put(HEAD_NAME, head)  # as if the process ended between the two

    assert contents(tmp_path, room) == [b"one", b"two"]


def test_a_ledger_that_was_cut_is_refused(tmp_path: Path, room: MemoryRoom) -> None:
    write(tmp_path, room, [b"one"])
    short = (tmp_path / "ledger.log").read_bytes()
    write(tmp_path, room, [b"two"], [b"three"])
    (tmp_path / "ledger.log").write_bytes(short)

    with pytest.raises(OutsideFault, match=r"2 of its 3 records are gone.*accept-loss"):
        contents(tmp_path, room)


def test_a_ledger_that_is_gone_is_no_new_deployment(tmp_path: Path, room: MemoryRoom) -> None:
    write(tmp_path, room, [b"one"])
    (tmp_path / "ledger.log").unlink()

    with pytest.raises(OutsideFault, match="ledger is gone"):
        contents(tmp_path, room)
    (tmp_path / "ledger.log").touch()
    with pytest.raises(OutsideFault, match="was changed"):
        contents(tmp_path, room)


def test_another_ledger_does_not_take_its_place(tmp_path: Path, room: MemoryRoom) -> None:
    other = MemoryRoom()
    for folder, of in ((tmp_path / "a", room), (tmp_path / "b", other)):
        folder.mkdir()
        write(folder, of, [b"one"])
    (tmp_path / "b" / "ledger.log").rename(tmp_path / "a" / "ledger.log")

    with pytest.raises(OutsideFault):
        contents(tmp_path / "a", room)


def test_a_head_that_is_gone_is_told(tmp_path: Path, room: MemoryRoom) -> None:
    write(tmp_path, room, [b"one"])
    del room._secrets[HEAD_NAME]

    with pytest.raises(OutsideFault, match="head of the signer's ledger is gone"):
        contents(tmp_path, room)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_bit_can_be_turned_unseen(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder, room = tmp_path_factory.mktemp("ledger"), MemoryRoom()
    write(folder, room, [b"one", b"two"], [b"three"])
    path = folder / "ledger.log"
    octets = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(octets)

    with pytest.raises(OutsideFault):
        contents(folder, room)


def test_one_process_has_it_at_a_time(tmp_path: Path, room: MemoryRoom) -> None:
    file = LedgerFile.open(tmp_path, room, CHANCE)

    with pytest.raises(OperatorFault, match="another process"):
        LedgerFile.open(tmp_path, room, CHANCE)
    file.close()
    LedgerFile.open(tmp_path, room, CHANCE).close()


def test_a_loss_that_is_accepted_keeps_what_can_be_read_and_the_damaged_file(
    tmp_path: Path, room: MemoryRoom
) -> None:
    write(tmp_path, room, [b"one"], [b"two"], [b"three"])
    path = tmp_path / "ledger.log"
    octets = bytearray(path.read_bytes())
    octets[-1] ^= 1
    path.write_bytes(octets)

    number, aside = accept_loss(tmp_path, room, CHANCE)

    assert number == 2
    assert aside is not None
    assert aside.read_bytes() == octets
    assert contents(tmp_path, room) == [b"one", b"two"]


def test_a_loss_of_all_of_it_can_be_accepted(tmp_path: Path, room: MemoryRoom) -> None:
    write(tmp_path, room, [b"one"])
    (tmp_path / "ledger.log").unlink()

    assert accept_loss(tmp_path, room, CHANCE) == (0, None)
    assert contents(tmp_path, room) == []


def test_a_disk_that_refuses_stops_the_ledger(tmp_path: Path, room: MemoryRoom) -> None:
    file = LedgerFile.open(tmp_path, room, CHANCE)
    list(file.contents())
    file.close()

    with pytest.raises(OutsideFault):
        file.append([b"one"])
    with pytest.raises(OutsideFault, match="could not be written"):
        file.append([b"one"])
    assert file.is_broken

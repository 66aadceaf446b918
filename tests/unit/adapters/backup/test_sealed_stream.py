from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.chance import CountedTokens
from voltward.adapters.backup.sealed_stream import PIECE, SealedReader, SealedWriter, is_sealed
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

PASSPHRASE = Secret(b"correct horse battery staple\n")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sealed") / "file"


def sealed(place: Path, *pieces: bytes, is_ended: bool = True) -> bytes:
    with place.open("wb") as file:
        writer = SealedWriter(file, PASSPHRASE, CountedTokens(), FOR_TESTS)
        for piece in pieces:
            writer.write(piece)
        if is_ended:
            writer.close()
    return place.read_bytes()


def opened(place: Path, passphrase: Secret = PASSPHRASE, size: int = 1000) -> bytes:
    with place.open("rb") as file:
        reader = SealedReader(file, passphrase)
        octets = b"".join(iter(lambda: reader.read(size), b""))
        reader.finish()
        return octets


@settings(max_examples=25)
@given(st.lists(st.binary(max_size=3000), max_size=5), st.integers(1, 4000))
def test_what_went_in_comes_out_in_any_portions(place: Path, pieces: list[bytes], size: int) -> None:
    octets = sealed(place, *pieces)

    assert opened(place, size=size) == b"".join(pieces)
    assert all(piece not in octets for piece in pieces if len(piece) > 8)


def test_more_than_a_piece_comes_out_whole(place: Path) -> None:
    content = bytes(range(256)) * (PIECE // 128)
    sealed(place, content, b"and the rest")

    assert opened(place, size=PIECE) == content + b"and the rest"


@settings(max_examples=40)
@given(st.data())
def test_no_octet_of_it_can_be_changed_or_cut_off(place: Path, data: st.DataObject) -> None:
    octets = sealed(place, b"one" * 50)
    at = data.draw(st.integers(5, len(octets) - 1))
    doctored = bytearray(octets)
    doctored[at] ^= 1
    for wrong in (bytes(doctored), octets[:at]):
        place.write_bytes(wrong)
        with pytest.raises((OutsideFault, OperatorFault)):
            opened(place)


def test_without_its_end_it_is_not_whole(place: Path) -> None:
    sealed(place, b"x" * (PIECE + 1), is_ended=False)

    with pytest.raises(OutsideFault, match="its end is missing"):
        opened(place)


def test_another_passphrase_opens_nothing_and_a_line_end_is_no_part_of_it(place: Path) -> None:
    sealed(place, b"content")

    assert opened(place, Secret(b"correct horse battery staple")) == b"content"
    with pytest.raises(OperatorFault, match="does not open"):
        opened(place, Secret(b"correct horse battery stable"))


def test_a_doctored_head_costs_no_gigabytes(place: Path) -> None:
    octets = sealed(place, b"content")
    place.write_bytes(octets[:24] + b"\xff" * 4 + octets[28:])

    with pytest.raises(OutsideFault, match="asks for what no backup needs"):
        opened(place)


def test_it_is_told_from_a_plain_one_by_its_beginning(place: Path) -> None:
    sealed(place, b"")
    with place.open("rb") as file:
        assert is_sealed(file)
    place.write_bytes(b"manifest.json")
    with place.open("rb") as file:
        assert not is_sealed(file)

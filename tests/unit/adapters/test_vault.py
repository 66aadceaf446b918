from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.chance import CountedTokens
from voltward.adapters.durable_files import write_file
from voltward.adapters.room_record import read_record, write_record
from voltward.adapters.vault import Room, read_server_chain, unlock_for_new_room
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.vault import Unlock, UnlockKind

CHANCE = CountedTokens()
KEY = Unlock(Secret(bytes(range(200, 232))), UnlockKind.KEY)
OTHER_KEY = Unlock(Secret(b"\xee" * 32), UnlockKind.KEY)
PASSPHRASE = Unlock(Secret(b"correct horse battery staple"), UnlockKind.PASSPHRASE)
CONTENT = Secret(b"very secret content")


def new_room(tmp_path: Path, unlock: Unlock = KEY, name: str = "gateway") -> Room:
    return Room.create(tmp_path / name, name, unlock, CHANCE, FOR_TESTS)


def open_room(tmp_path: Path, unlock: Unlock = KEY, name: str = "gateway") -> Room:
    return Room.open(tmp_path / name, name, unlock.secret, CHANCE)


# -- put and get


@pytest.mark.parametrize("unlock", [KEY, PASSPHRASE])
def test_what_was_put_is_there_when_the_room_is_opened_again(tmp_path: Path, unlock: Unlock) -> None:
    new_room(tmp_path, unlock).put("journal-mac", CONTENT)
    room = open_room(tmp_path, unlock)
    assert room.get("journal-mac") == CONTENT
    assert room.names() == ("journal-mac",)
    assert room.name == "gateway"


def test_a_later_put_replaces_the_earlier(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    room.put("a", CONTENT)
    room.put("a", Secret(b"other"))
    assert room.get("a") == Secret(b"other")


def test_names_are_told_in_order_and_other_files_are_passed_over(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    for name in ("b", "a.1", "c-2"):
        room.put(name, CONTENT)
    write_file(room.folder / "server.pem", b"", 0o644)
    assert room.names() == ("a.1", "b", "c-2")


@pytest.mark.parametrize("name", ["", "../a", "a/b", "A", ".a", "a" * 65, "a\n"])
def test_a_name_is_a_plain_name(tmp_path: Path, name: str) -> None:
    room = new_room(tmp_path)
    with pytest.raises(ValueError):
        room.put(name, CONTENT)
    with pytest.raises(ValueError):
        room.get(name)


def test_only_the_owner_may_look(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    room.put("a", CONTENT)
    assert stat.S_IMODE(room.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in room.folder.iterdir()} == {0o600}


def test_nothing_of_content_or_unlock_lies_open(tmp_path: Path) -> None:
    for unlock, name in ((KEY, "gateway"), (PASSPHRASE, "signer")):
        room = new_room(tmp_path, unlock, name)
        room.put("a", CONTENT)
        for file in room.folder.iterdir():
            octets = file.read_bytes()
            for secret in (CONTENT.reveal(), unlock.secret.reveal()):
                assert secret not in octets
                assert secret.hex().encode() not in octets.lower()


def test_the_same_content_is_sealed_differently_each_time(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    room.put("a", CONTENT)
    first = (room.folder / "a.sealed").read_bytes()
    room.put("a", CONTENT)
    assert (room.folder / "a.sealed").read_bytes() != first


# -- what does not open


@pytest.mark.parametrize(
    ("made_with", "opened_with"),
    [(KEY, OTHER_KEY), (PASSPHRASE, Unlock(Secret(b"wrong"), UnlockKind.PASSPHRASE)), (PASSPHRASE, KEY)],
)
def test_the_wrong_unlock_is_a_fault_of_the_operator(
    tmp_path: Path, made_with: Unlock, opened_with: Unlock
) -> None:
    new_room(tmp_path, made_with)
    with pytest.raises(OperatorFault, match=f"this {made_with.kind} does not open the room") as caught:
        open_room(tmp_path, opened_with)
    assert "voltward.toml" in caught.value.mend
    assert opened_with.secret.reveal().hex() not in str(caught.value)


@pytest.mark.parametrize("length", [1, 31, 33, 63])
def test_a_key_of_another_length_is_explained(tmp_path: Path, length: int) -> None:
    new_room(tmp_path)
    with pytest.raises(OperatorFault, match=f"has {length} octets"):
        open_room(tmp_path, Unlock(Secret(b"\xee" * length), UnlockKind.KEY))


def test_a_room_that_stands_open_is_refused_with_the_mend(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    room.folder.chmod(0o750)
    with pytest.raises(OperatorFault) as caught:
        open_room(tmp_path)
    assert f"chmod 700 {room.folder}" in caught.value.mend


def test_each_octet_of_a_sealed_file_counts(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    room.put("a", Secret(b"x"))
    file = room.folder / "a.sealed"
    sealed = file.read_bytes()
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x10
        file.write_bytes(changed)
        with pytest.raises(OutsideFault, match="does not open") as caught:
            room.get("a")
        assert caught.value.subject == str(file)
        assert "backup" in caught.value.mend


def test_a_sealed_file_opens_under_its_name_and_in_its_room_only(tmp_path: Path) -> None:
    gateway, signer = new_room(tmp_path), new_room(tmp_path, name="signer")
    gateway.put("a", CONTENT)
    sealed = (gateway.folder / "a.sealed").read_bytes()
    for copy, room, name in (
        (gateway.folder / "b.sealed", gateway, "b"),
        (signer.folder / "a.sealed", signer, "a"),
    ):
        copy.write_bytes(sealed)
        with pytest.raises(OutsideFault):
            room.get(name)


def test_the_record_of_one_room_does_not_open_another(tmp_path: Path) -> None:
    new_room(tmp_path)
    new_room(tmp_path, name="signer")
    record = (tmp_path / "signer" / "room.toml").read_text()
    (tmp_path / "gateway" / "room.toml").write_text(record.replace('"signer"', '"gateway"'))
    with pytest.raises(OperatorFault):
        open_room(tmp_path)


def test_a_missing_secret_and_a_missing_room_are_named(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    with pytest.raises(OutsideFault, match=r"a\.sealed"):
        room.get("a")
    with pytest.raises(OutsideFault, match=r"room\.toml"):
        open_room(tmp_path, name="signer")


def test_a_room_is_not_made_over_another(tmp_path: Path) -> None:
    new_room(tmp_path)
    with pytest.raises(OutsideFault):
        new_room(tmp_path)


# -- unlocks


def test_a_key_may_come_as_hexadecimal_digits_with_a_line_end(tmp_path: Path) -> None:
    new_room(tmp_path).put("a", CONTENT)
    digits = Unlock(Secret(KEY.secret.reveal().hex().encode() + b"\n"), UnlockKind.KEY)
    assert open_room(tmp_path, digits).get("a") == CONTENT


def test_a_key_that_ends_like_a_line_is_not_cut(tmp_path: Path) -> None:
    key = Unlock(Secret(b"\xee" * 31 + b"\n"), UnlockKind.KEY)
    new_room(tmp_path, key).put("a", CONTENT)
    assert open_room(tmp_path, key).get("a") == CONTENT


def test_a_passphrase_may_come_with_a_line_end(tmp_path: Path) -> None:
    new_room(tmp_path, PASSPHRASE).put("a", CONTENT)
    typed = Unlock(Secret(PASSPHRASE.secret.reveal() + b"\r\n"), UnlockKind.PASSPHRASE)
    assert open_room(tmp_path, typed).get("a") == CONTENT


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (b"\xee" * 32, UnlockKind.KEY),
        (b"ab" * 32, UnlockKind.KEY),
        (b"AB" * 32 + b"\n", UnlockKind.KEY),
        (b"correct horse battery staple", UnlockKind.PASSPHRASE),
        (b"a passphrase of just 32 octets!!", UnlockKind.PASSPHRASE),
        ("Straße".encode(), UnlockKind.PASSPHRASE),
        (b"\xee" * 31, UnlockKind.PASSPHRASE),
    ],
)
def test_a_key_is_told_from_a_passphrase(secret: bytes, kind: UnlockKind) -> None:
    assert unlock_for_new_room(Secret(secret)).kind is kind


# -- reseal


@pytest.mark.parametrize(("old", "new"), [(KEY, OTHER_KEY), (KEY, PASSPHRASE), (PASSPHRASE, KEY)])
def test_a_resealed_room_opens_with_the_new_unlock_only(tmp_path: Path, old: Unlock, new: Unlock) -> None:
    room = new_room(tmp_path, old)
    room.put("a", CONTENT)
    resealed = room.reseal(new, FOR_TESTS)
    assert resealed.get("a") == CONTENT
    assert open_room(tmp_path, new).get("a") == CONTENT
    with pytest.raises(OperatorFault):
        open_room(tmp_path, old)


def test_an_old_record_with_the_old_unlock_opens_nothing_after_a_reseal(tmp_path: Path) -> None:
    """Whoever took both away once must not read what is there now."""
    room = new_room(tmp_path)
    room.put("a", CONTENT)
    stolen = (room.folder / "room.toml").read_bytes()
    room.reseal(OTHER_KEY)
    (room.folder / "room.toml").write_bytes(stolen)
    with pytest.raises(OutsideFault, match="another key"):
        open_room(tmp_path).get("a")


def test_a_reseal_that_was_cut_off_is_finished_by_another(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    for name in ("a", "b"):
        room.put(name, CONTENT)
    old_b = (room.folder / "b.sealed").read_bytes()
    room.reseal(OTHER_KEY)
    # Back to the middle: both keys in the record, one file resealed, the other not yet.
    middle = new_room(tmp_path, name="signer")
    assert middle.names() == ()
    half = open_room(tmp_path, OTHER_KEY)
    both = Room(half.folder, read_record(half.folder, "gateway"), half._keys + room._keys, CHANCE)
    (room.folder / "b.sealed").write_bytes(old_b)
    assert both.get("a") == both.get("b") == CONTENT
    both.reseal(PASSPHRASE, FOR_TESTS)
    finished = open_room(tmp_path, PASSPHRASE)
    assert finished.get("a") == finished.get("b") == CONTENT
    assert len(read_record(room.folder, "gateway").wrapped) == 1


def test_a_room_that_was_open_during_a_reseal_goes_on_with_what_it_has_read(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    room.put("a", CONTENT)
    read = room.get("a")
    open_room(tmp_path).reseal(OTHER_KEY)
    assert read == CONTENT
    with pytest.raises(OutsideFault, match="another key"):
        room.get("a")


# -- server chains

ISSUER = Authority.create("CSMS CA")
SERVER = ISSUER.issue("csms.example")


def test_a_server_chain_comes_with_its_key(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    room.put("server-ecdsa", Secret(SERVER.key_pem))
    write_file(room.folder / "server-ecdsa.pem", SERVER.chain_pem, 0o644)
    assert read_server_chain(room, "server-ecdsa") == (SERVER.chain_pem, Secret(SERVER.key_pem))


def test_a_chain_with_another_key_is_refused_before_it_is_served(tmp_path: Path) -> None:
    room = new_room(tmp_path)
    room.put("server-ecdsa", Secret(ISSUER.issue("csms.example").key_pem))
    write_file(room.folder / "server-ecdsa.pem", SERVER.chain_pem, 0o644)
    with pytest.raises(OutsideFault, match="does not belong to the key"):
        read_server_chain(room, "server-ecdsa")


@pytest.mark.parametrize("chain", [b"", b"rubbish"])
def test_a_chain_without_a_certificate_is_refused(tmp_path: Path, chain: bytes) -> None:
    room = new_room(tmp_path)
    room.put("server-ecdsa", Secret(SERVER.key_pem))
    write_file(room.folder / "server-ecdsa.pem", chain, 0o644)
    with pytest.raises(OutsideFault, match="holds no certificate"):
        read_server_chain(room, "server-ecdsa")


def test_a_record_that_was_changed_by_a_hand_does_not_open(tmp_path: Path) -> None:
    new_room(tmp_path)
    record = read_record(tmp_path / "gateway", "gateway")
    key_id, wrapped = record.wrapped[0]
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        doctored = type(record)(record.room, record.kind, None, ((key_id, bytes(changed)),))
        write_record(tmp_path / "gateway", doctored)
        with pytest.raises(OperatorFault):
            open_room(tmp_path)

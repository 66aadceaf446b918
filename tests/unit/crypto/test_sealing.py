from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from voltward.crypto.sealing import (
    BrokenSeal,
    SealingKey,
    SealPlace,
    key_id_of,
    make_sealing_key,
    seal,
    unseal,
)
from voltward.domain.secret import Secret

KEY = SealingKey(b"key-id-1", Secret(bytes(range(32))))
PLACE = SealPlace("gateway", "journal-mac")
NONCE = b"nonce-nonce-"
SEALED = seal(Secret(b"the secret"), KEY, PLACE, NONCE)


def test_what_was_sealed_opens_again() -> None:
    assert unseal(SEALED, KEY, PLACE) == Secret(b"the secret")
    assert b"the secret" not in SEALED


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_content_survives(content: bytes) -> None:
    assert unseal(seal(Secret(content), KEY, PLACE, NONCE), KEY, PLACE).reveal() == content


def test_the_format_is_the_one_that_is_written_down() -> None:
    """Read by hand, so that a change of the format cannot pass unseen."""
    place = b"\0\x07gateway\0\x0bjournal-mac"
    info = b"voltward seal 1" + place
    key = HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(bytes(range(32)))
    head = b"VWS\x01key-id-1"
    assert SEALED[:12] == head
    assert AESGCM(key).decrypt(SEALED[12:24], SEALED[24:], head + place) == b"the secret"


@pytest.mark.parametrize("place", range(len(SEALED)))
def test_each_octet_counts(place: int) -> None:
    for flip in (0x01, 0x80):
        changed = bytearray(SEALED)
        changed[place] ^= flip
        with pytest.raises(BrokenSeal):
            unseal(bytes(changed), KEY, PLACE)


@pytest.mark.parametrize("length", range(len(SEALED)))
def test_a_part_of_a_seal_does_not_open(length: int) -> None:
    with pytest.raises(BrokenSeal):
        unseal(SEALED[:length], KEY, PLACE)


@pytest.mark.parametrize(
    "place",
    [
        SealPlace("signer", "journal-mac"),
        SealPlace("gateway", "password-digest"),
        SealPlace("gatewayj", "ournal-mac"),
        SealPlace("", "gatewayjournal-mac"),
    ],
)
def test_a_seal_opens_in_its_place_only(place: SealPlace) -> None:
    with pytest.raises(BrokenSeal):
        unseal(SEALED, KEY, place)


def test_another_key_does_not_open_it_even_under_the_same_id() -> None:
    with pytest.raises(BrokenSeal):
        unseal(SEALED, SealingKey(KEY.id, Secret(b"x" * 32)), PLACE)
    with pytest.raises(BrokenSeal, match="another key"):
        unseal(SEALED, SealingKey(b"key-id-2", KEY.key), PLACE)


def test_the_key_that_a_seal_needs_is_named_by_it() -> None:
    assert key_id_of(SEALED) == KEY.id


def test_keys_are_drawn_anew() -> None:
    one, other = make_sealing_key(b"a" * 8), make_sealing_key(b"a" * 8)
    assert one.key != other.key
    assert len(one.key) == 32


def test_wrong_sizes_are_bugs() -> None:
    with pytest.raises(ValueError):
        make_sealing_key(b"short")
    with pytest.raises(ValueError):
        seal(Secret(b""), KEY, PLACE, b"short")

from __future__ import annotations

import hashlib
import hmac

from hypothesis import given, settings
from hypothesis import strategies as st

from voltward.crypto.keyed_digest import keyed_digest
from voltward.domain.secret import Secret

KEY = Secret(b"k" * 32)
PARTS = st.lists(st.binary(max_size=6), max_size=5)


def test_it_is_hmac_sha_256_over_parts_with_their_lengths() -> None:
    framed = b"\0\0\0\x02ab\0\0\0\x00\0\0\0\x01c"
    assert keyed_digest(KEY, b"ab", b"", b"c") == hmac.new(b"k" * 32, framed, hashlib.sha256).digest()


@settings(max_examples=300, deadline=None)
@given(PARTS, PARTS)
def test_two_lists_of_parts_never_share_a_digest(one: list[bytes], other: list[bytes]) -> None:
    assert (keyed_digest(KEY, *one) == keyed_digest(KEY, *other)) == (one == other)


def test_another_key_makes_another_digest() -> None:
    assert keyed_digest(KEY, b"a") != keyed_digest(Secret(b"l" * 32), b"a")

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.certificates import new_key
from voltward.crypto.keys import PublicKey, key_fingerprint
from voltward.crypto.requests.key_blocklist import KeyBlocklist, read_blocklist
from voltward.domain.errors import OperatorFault

RSA, EC = new_key("rsa").public_key(), new_key("ec").public_key()


def debian_line(key: PublicKey) -> str:
    assert isinstance(key, rsa.RSAPublicKey)
    printed = f"Modulus={key.public_numbers().n:X}\n"
    return hashlib.sha1(printed.encode()).hexdigest()[20:]  # noqa: S324


def test_both_forms_of_a_line_are_read() -> None:
    lines = [
        "# openssl-blacklist\n",
        "\n",
        f"{debian_line(RSA)}  # pid 4711\n",
        f"{key_fingerprint(EC).hex().upper()}\n",
    ]
    blocklist = read_blocklist(lines, "keys.txt")

    assert blocklist.lists(RSA)
    assert blocklist.lists(EC)
    assert not blocklist.lists(new_key("ec").public_key())
    assert not KeyBlocklist().lists(RSA)


@pytest.mark.parametrize("line", ["deadbeef", "g" * 20, "0" * 21, "password123"])
def test_a_line_that_is_neither_is_named(line: str) -> None:
    with pytest.raises(OperatorFault, match=r"keys\.txt: line 2"):
        read_blocklist(["\n", line], "keys.txt")

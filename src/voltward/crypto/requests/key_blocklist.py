"""Keys that are known to others, by lists that an operator brings: no list is part of Voltward.

Two forms of a line are read: 64 hexadecimal digits are the SHA-256 of a key (SubjectPublicKeyInfo, DER); 20
are an entry of Debian's `openssl-blacklist`, the keys of its broken generator of 2006 to 2008. Empty lines
and what follows a `#` are passed over.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from voltward.crypto.keys import PublicKey, key_fingerprint
from voltward.domain.errors import OperatorFault

_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_DEBIAN = re.compile(r"[0-9A-Fa-f]{20}")


@dataclass(frozen=True, slots=True)
class KeyBlocklist:
    """Digests of keys, as octets."""

    keys: frozenset[bytes] = frozenset()
    debian: frozenset[bytes] = frozenset()

    def lists(self, key: PublicKey) -> bool:
        """Whether this key is on one of the lists."""
        if self.keys and key_fingerprint(key) in self.keys:
            return True
        if not self.debian or not isinstance(key, rsa.RSAPublicKey):
            return False
        return _debian_digest(key.public_numbers().n) in self.debian


NO_KEYS: Final = KeyBlocklist()


def read_blocklist(lines: Iterable[str], subject: str) -> KeyBlocklist:
    """A list from its lines; `subject` names the file. OperatorFault names the line that is none."""
    keys: set[bytes] = set()
    debian: set[bytes] = set()
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if _KEY.fullmatch(text):
            keys.add(bytes.fromhex(text))
        elif _DEBIAN.fullmatch(text):
            debian.add(bytes.fromhex(text))
        elif text:
            raise OperatorFault(
                f"line {number} is no digest of a key.",
                subject=subject,
                mend="Give 64 hexadecimal digits (SHA-256 of the key in DER form) or 20 (openssl-blacklist).",
            )
    return KeyBlocklist(frozenset(keys), frozenset(debian))


def _debian_digest(modulus: int) -> bytes:
    """The last 80 bits of the SHA-1 of what `openssl rsa -modulus` prints: the form of those lists."""
    return hashlib.sha1(f"Modulus={modulus:X}\n".encode("ascii"), usedforsecurity=False).digest()[10:]

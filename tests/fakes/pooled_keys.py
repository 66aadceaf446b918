"""Keys of authorities, drawn once in a process: an RSA key takes up to a second."""

from __future__ import annotations

from functools import cache

from voltward.crypto.keys import KeyKind, PrivateKey, make_key


class PooledKeys:
    """A new key for each name; the same one for whoever asks for that name again."""

    keeps_its_keys = False

    def make(self, name: str, kind: KeyKind) -> PrivateKey:
        return _drawn(name, kind)


@cache
def _drawn(_name: str, kind: KeyKind) -> PrivateKey:
    return make_key(kind)

"""The type for everything that must never be seen: passwords, keys, tokens.

A `Secret` has no printable form: `repr`, `str`, `format`, `pickle` and JSON encoders get nothing out of
it. The bytes come out through `reveal()` alone, so that a reader can search for every place that looks.
"""

from __future__ import annotations

import hmac


class Secret:
    """Bytes that cannot be printed; equality is decided in constant time."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """The bytes themselves. Call it where they are used, and keep no copy."""
        return self._value

    def __repr__(self) -> str:
        # Not even a digest: the digest of a weak password is as good as the password.
        return "Secret(hidden)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        raise TypeError("a Secret cannot be hashed: it must not become a key of anything")

    def __len__(self) -> int:
        return len(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a Secret cannot be pickled")

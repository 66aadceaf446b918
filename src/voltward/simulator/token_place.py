"""Where a key lies that never leaves its token (PKCS #11): a name for it. Nothing here needs the token."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """The library that speaks to the token, the token's label, the key's label, the file with the PIN."""

    module: str
    token: str
    key: str
    pin_file: str

    def pin(self) -> str:
        """The PIN without the line end that editors leave, which no token takes for one."""
        return Path(self.pin_file).read_text(encoding="utf-8").strip()

    def uri(self, pin_file: str) -> str:
        """RFC 7512. It names a file with the PIN, never the PIN: URIs end up in process lists."""
        path = f"pkcs11:token={_escaped(self.token)};object={_escaped(self.key)};type=private"
        return f"{path}?pin-source=file:{_escaped(pin_file)}"


@runtime_checkable
class KeyInToken(Protocol):
    """A private key that signs in its token."""

    @property
    def place(self) -> TokenPlace:
        """Where it lies."""
        ...


def _escaped(text: str) -> str:
    return quote(text, safe="")

"""A room of keys that is only a dictionary."""

from __future__ import annotations

from voltward.domain.secret import Secret


class MemoryRoom:
    """`ports.vault.KeyRoom` without a disk."""

    def __init__(self) -> None:
        self._secrets: dict[str, Secret] = {}

    def put(self, name: str, content: Secret) -> None:
        self._secrets[name] = content

    def get(self, name: str) -> Secret:
        return self._secrets[name]

    def names(self) -> tuple[str, ...]:
        return tuple(self._secrets)

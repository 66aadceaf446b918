"""How a store may be reached, beside its URL."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from voltward.domain.secret import Secret


class StoreTls(StrEnum):
    """The line to a database server. A Unix socket needs none of it."""

    OFF = "off"  # to this machine alone
    REQUIRE = "require"  # encrypted, to whoever answers
    VERIFY = "verify"  # encrypted, and the server's certificate is checked with its host name


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """Seconds: for another process that writes, and for an answer of a server.

    `authorities_pem` replaces the system's authorities for the server's certificate.
    """

    password: Secret | None = None
    tls: StoreTls = StoreTls.VERIFY
    authorities_pem: str | None = None
    busy_seconds: float = 5.0
    answer_seconds: float = 30.0


PLAIN_ACCESS: Final = StoreAccess()

"""The URL of a PostgreSQL database, read: who goes where. Never a password."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from voltward.domain.errors import OperatorFault

DEFAULT_PORT: Final = 5432
_EXAMPLE: Final = "Write postgresql://USER@HOST/DATABASE."
APPLICATION: Final = "voltward "  # sessions of ours begin with it
_LONGEST_NAME: Final = 63  # octets, in the server
_SCHEMES: Final = frozenset({"postgresql", "postgres"})


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """`host` is a name, an address, or the folder of a Unix socket."""

    user: str
    host: str
    port: int
    database: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.database} at {host}:{self.port}"

    @property
    def is_socket(self) -> bool:
        """A file on this machine: nobody listens between, and PostgreSQL speaks no TLS on it."""
        return self.host.startswith("/")

    @property
    def is_local(self) -> bool:
        """Nothing that is sent there leaves this machine."""
        if self.is_socket or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def session_name() -> str:
    """How this process shows itself to a server's administrator (pg_stat_activity)."""
    host = socket.gethostname().encode("ascii", "replace").decode()
    process = f":{os.getpid()}"
    return f"{APPLICATION}{host[: _LONGEST_NAME - len(APPLICATION) - len(process)]}{process}"


def names_postgres(url: str) -> bool:
    """Does a URL mean a database of PostgreSQL, well written or not?"""
    return url.partition(":")[0].partition("+")[0] in _SCHEMES


def postgres_place(url: str) -> PostgresPlace:
    """Read `postgresql://USER@HOST:PORT/DATABASE`; for a Unix socket, `postgresql://USER@/DATABASE?host=/FOLDER`.

    `OperatorFault` for anything else, and for a password in it: settings are copied, shown and mailed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError as error:
        raise _refused(f"it cannot be read: {error}.") from error
    if parts.scheme not in _SCHEMES:
        raise _refused("it begins with neither postgresql:// nor postgres://.")
    if parts.password is not None:
        raise OperatorFault(
            "a password stands in store.url.",
            mend='Put it into a file (mode 0600) and write store.password = "file:PATH" instead.',
            subject="store.url",
        )
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database:
        raise _refused("it names no database.")
    if not parts.username:
        raise _refused("it names no user.")
    return PostgresPlace(unquote(parts.username), _host(parts), port, database)


def _host(parts: SplitResult) -> str:
    options = parse_qs(parts.query, keep_blank_values=True)
    folders = options.pop("host", [])
    if options or parts.fragment:
        raise _refused("it has options; store.tls and store.password say the rest.")
    if not folders:
        if not parts.hostname:
            raise _refused("it names no host.")
        return parts.hostname
    if parts.hostname or len(folders) > 1 or not folders[0].startswith("/"):
        raise _refused("`?host=` names the folder of a Unix socket, and stands there in place of a host.")
    return folders[0]


def _refused(why: str) -> OperatorFault:
    # Without the URL itself: a password may stand in the wrong place of it.
    return OperatorFault(f"this is no URL of a database: {why}", mend=_EXAMPLE, subject="store.url")

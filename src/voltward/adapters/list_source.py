"""Lists of revoked certificates of other authorities, from where the operator said: an address or a file."""

from __future__ import annotations

import asyncio
import ipaddress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from voltward.adapters.careful_http import Allowed, CarefulHttp, Fetch
from voltward.domain.errors import OutsideFault

LARGEST: Final = 20 * 1024 * 1024  # octets; half a million entries
SECONDS: Final = 30.0
# The operator named the host, and a PKI of a company stands in a private network more often than not. What
# comes is read as a list, and shown to nobody; a redirect to another host is not followed.
_ANYWHERE: Final = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


class OperatorsLists:
    """`ports.revocation_lists.ListSource`."""

    async def fetch(self, source: str) -> bytes:
        """OutsideFault for what cannot be had."""
        if source.startswith("/"):
            return await asyncio.to_thread(_file, Path(source))
        host = urlsplit(source).netloc.rpartition("@")[2]
        return await CarefulHttp(Allowed((host,), _ANYWHERE)).fetch(Fetch(source, LARGEST, SECONDS))


def _file(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would never end
            raise OutsideFault(f"there is no file {path}", subject=str(path))
        with path.open("rb") as file:
            octets = file.read(LARGEST + 1)
    except OSError as error:
        raise OutsideFault(f"{path} cannot be read: {error.strerror}", subject=str(path)) from error
    if len(octets) > LARGEST:
        raise OutsideFault(f"{path} has more than {LARGEST} octets", subject=str(path))
    return octets

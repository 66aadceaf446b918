"""Does a name look like a server's? That is how the roles of certificates are told apart (A00.FR.511)."""

from __future__ import annotations

import ipaddress
import re

# Letters of a host name as certificates carry them: labels, the last one a word in lower case. Serials with
# points in them ("SN-1.2", "EVB.P17.DE") are none; our own host names are compared in any case.
_HOST_NAME = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)\.?")

_ADDRESS = re.compile(r"[\[\]]*[0-9A-Fa-f:]")  # how every IP address begins


def looks_like_host(name: str) -> bool:
    """Whether a common name reads as a URL, a host name, a wildcard or an IP address."""
    if "://" in name or name.startswith("*.") or name == "localhost":
        return True
    if "." in name and _HOST_NAME.fullmatch(name):
        return True
    if not _ADDRESS.match(name):  # an exception costs more than the rest of this
        return False
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True

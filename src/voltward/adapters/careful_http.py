"""Fetches what strangers name, with care (CWE-918): from listed hosts, at addresses of the open internet.

The name is resolved once, and that very address is dialled: a name that resolves otherwise a moment later
gains nothing. Private, local and reserved addresses are refused unless their network is listed, in whatever
form they are written. Octets, seconds and redirects are bounded; each redirect is looked at like the first.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from voltward.domain.errors import OutsideFault
from voltward.wire.tls_client import ClientContext, build_client_context

MOST_REDIRECTS: Final = 3
LARGEST_HEAD: Final = 16 * 1024
_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PLAIN: Final = 0x20, 0x7F

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# What the library takes for global (IANA's registries of special addresses; RFC 3879, 4 for the last).
_NEVER: Final[Mapping[int, tuple[Network, ...]]] = {
    4: (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24")),
    6: (
        ipaddress.ip_network("64:ff9b:1::/48"),
        ipaddress.ip_network("2001::/23"),
        ipaddress.ip_network("fec0::/10"),
    ),
}
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Fetch:
    """What to fetch, and how much of it at most. With a body it is a POST, which follows no redirect."""

    url: str
    largest: int
    seconds: float
    body: bytes = b""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """`hosts`: exact, or `*.example.com`, each with `:PORT` where that is not the usual one.

    `networks`: private ones that may be reached all the same.
    """

    hosts: tuple[str, ...]
    networks: tuple[Network, ...] = ()

    def takes(self, url: SplitResult) -> bool:
        """Whether this host and port are listed."""
        host, port = (url.hostname or "").rstrip("."), url.port or _PORTS[url.scheme]
        usual = port == _PORTS[url.scheme]
        return any(_fits(entry.lower(), host, port, is_usual=usual) for entry in self.hosts)

    def problem(self, address: str) -> str:
        """Why an address must not be dialled; empty: it may."""
        found = _inner(ipaddress.ip_address(address))
        if any(found in network for network in self.networks if network.version == found.version):
            return ""
        is_open = found.is_global and not (found.is_multicast or found.is_reserved)
        is_open = is_open and not any(found in network for network in _NEVER[found.version])
        return "" if is_open else f"{address} is no address of the open internet"


async def resolved(host: str, port: int) -> Sequence[str]:
    """By the system; OSError where it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(slots=True)
class CarefulHttp:
    """`context`: of TLS; who is trusted is the system's word by default."""

    allowed: Allowed
    resolve: Resolve = resolved
    context: ClientContext = field(default_factory=build_client_context)

    async def fetch(self, wanted: Fetch) -> bytes:
        """The body of an answer 200. OutsideFault for anything else, and for what is not allowed."""
        try:
            async with asyncio.timeout(wanted.seconds):
                for _ in range(MOST_REDIRECTS + 1):
                    status, headers, body = await self._once(wanted)
                    if status == 200:
                        return body
                    if status not in _REDIRECTS or wanted.body or "location" not in headers:
                        raise _refused(wanted.url, f"answered {status}")
                    wanted = replace(wanted, url=urljoin(wanted.url, headers["location"]))
        except TimeoutError as error:
            raise _refused(wanted.url, f"did not answer in {wanted.seconds:g} s") from error
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise _refused(wanted.url, f"cannot be reached: {type(error).__name__}") from error
        except ValueError as error:
            raise _refused(wanted.url, f"makes no sense: {error}") from error
        raise _refused(wanted.url, f"redirects more than {MOST_REDIRECTS} times")

    async def _once(self, wanted: Fetch) -> tuple[int, dict[str, str], bytes]:
        url = _read_url(wanted.url)
        if not self.allowed.takes(url):
            raise _refused(wanted.url, "is not listed")
        host, port = url.hostname or "", url.port or _PORTS[url.scheme]
        address = next(iter(await self.resolve(host, port)), "")
        problem = self.allowed.problem(address)
        if problem:
            raise _refused(wanted.url, problem)
        tls = self.context if url.scheme == "https" else None
        reader, writer = await asyncio.open_connection(
            address, port, ssl=tls, server_hostname=host if tls else None, limit=LARGEST_HEAD
        )
        try:
            writer.write(_request(url, wanted))
            await writer.drain()
            return await _answer(reader, wanted.largest)
        finally:
            writer.close()


def _read_url(text: str) -> SplitResult:
    if not text.isascii() or not all(_PLAIN[0] < ord(each) < _PLAIN[1] for each in text):
        raise ValueError("not an address of the web")
    url = urlsplit(text)
    if url.scheme not in _PORTS or not url.hostname or "@" in url.netloc:
        raise ValueError("not an address of the web")
    return url


def _fits(entry: str, host: str, port: int, *, is_usual: bool) -> bool:
    name, colon, number = entry.rpartition(":") if entry.rpartition(":")[2].isdigit() else (entry, "", "")
    if (int(number) != port) if colon else not is_usual:
        return False
    if name.startswith("*."):
        return host.endswith(name[1:]) and host != name[1:]
    return host == name.strip("[]")


def _inner(address: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 one stands for: mapped, by NAT64, 6to4 or Teredo."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    nat64 = ipaddress.ip_network("64:ff9b::/96")
    embedded = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in nat64 else None
    teredo = address.teredo[1] if address.teredo is not None else None
    return address.ipv4_mapped or embedded or address.sixtofour or teredo or address


def _request(url: SplitResult, wanted: Fetch) -> bytes:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{'POST' if wanted.body else 'GET'} {path} HTTP/1.1", f"Host: {url.netloc}", "Accept: */*"]
    if wanted.body:
        lines += [f"Content-Type: {wanted.kind}", f"Content-Length: {len(wanted.body)}"]
    return "\r\n".join((*lines, "Connection: close", "", "")).encode("ascii") + wanted.body


async def _answer(reader: asyncio.StreamReader, largest: int) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    version, _, rest = line.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ValueError("this is no HTTP")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)
    }
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return int(rest[:3]), headers, await _chunks(reader, largest)
    length = int(headers["content-length"]) if "content-length" in headers else None
    if length is not None and not 0 <= length <= largest:
        raise ValueError(f"more than {largest} octets")
    if length is not None:
        return int(rest[:3]), headers, await reader.readexactly(length)
    return int(rest[:3]), headers, await _to_its_end(reader, largest)


async def _to_its_end(reader: asyncio.StreamReader, largest: int) -> bytes:
    body = bytearray()
    while portion := await reader.read(64 * 1024):
        body += portion
        if len(body) > largest:
            raise ValueError(f"more than {largest} octets")
    return bytes(body)


async def _chunks(reader: asyncio.StreamReader, largest: int) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        if size < 0 or len(body) + size > largest:
            raise ValueError(f"more than {largest} octets")
        body += (await reader.readexactly(size + 2))[:size]
    return bytes(body)


def _refused(url: str, why: str) -> OutsideFault:
    return OutsideFault(f"{url[:200]!r} {why}.", mend="See certificates.status_hosts.", subject="status")

"""What holds in every test: no network but loopback, and properties that do not fail for being slow.

And what is costly and shared: a PostgreSQL server, for each process that runs tests and asks for it.
"""

from __future__ import annotations

import gc
import ipaddress
import sys
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.fakes.postgres import PostgresServer, running_postgres

# A busy machine must not turn a slow example into a failure; a real one prints how to play it again.
settings.register_profile("voltward", deadline=None, print_blob=True)
settings.load_profile("voltward")


class OutsideTouched(AssertionError):
    """A test tried to reach something that is not on this machine."""


def keep_to_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to connect or bind to anything else. An audit hook stays for the life of the process: as meant."""
    if event not in {"socket.connect", "socket.bind", "socket.sendto"}:
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise OutsideTouched(f"{event} {address}: tests keep to 127.0.0.1, ::1 and names of their own")


# For networks of our own on one machine (RFC 2544): `tests/journeys/packet_link.py`. Nobody on the Internet.
BENCH_NETWORK = ipaddress.ip_network("198.18.0.0/15")


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
        return address.is_loopback or address in BENCH_NETWORK
    except ValueError:
        return host == "localhost"


sys.addaudithook(keep_to_loopback)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: the collector of garbage is spared it, now and later.

    Later it is spared its haste, too: what tests leave behind is small beside what it would look at each time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Started by the first test that wants it; each test makes databases of its own and drops them."""
    with running_postgres() as server:
        yield server

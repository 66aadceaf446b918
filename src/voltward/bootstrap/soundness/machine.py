"""The machine under the gateway: its OpenSSL, its event loop, how many sockets it may open."""

from __future__ import annotations

import platform
import re
import resource
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version

from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.detection.clock_doubt import TOLERANCE
from voltward.wire.libssl import openssl_version

QUICK_OPENSSL = (3, 5)  # architecture, section 4: from here on a handshake costs half
SOCKETS_PER_STATION = 2  # its own, and the one to the CSMS
SOCKETS_BESIDE = 256  # listeners, store, logs, and whoever stands at the door


def check_openssl(text: str | None = None) -> Iterator[Remark]:
    """Which OpenSSL meets the stations, and whether a newer one would make handshakes cheaper."""
    text = text if text is not None else openssl_version()
    yield Note(f"stations are met by {text}, on Python {platform.python_version()} with uvloop {_uvloop()}.")
    found = re.search(r"(\d+)\.(\d+)", text)
    if found is None or (int(found[1]), int(found[2])) < QUICK_OPENSSL:
        yield Problem(
            f"{text} is old: a handshake costs twice what it does with OpenSSL 3.5 and later.",
            "Install a newer wheel of cryptography, which brings its own OpenSSL.",
            Severity.WARNING,
        )


def check_open_files(stations: int, soft: int | None = None) -> Iterator[Remark]:
    """Whether all registered stations could be connected at once; each takes two sockets."""
    soft = soft if soft is not None else resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return
    room = max(0, soft - SOCKETS_BESIDE) // SOCKETS_PER_STATION
    if stations > room:
        needed = stations * SOCKETS_PER_STATION + SOCKETS_BESIDE
        yield Problem(
            f"{stations} stations are registered, and this process may open {soft} files: room for {room}.",
            f"Raise the limit to {needed} or more: LimitNOFILE= in the unit, or `ulimit -n {needed}`.",
            Severity.WARNING,
        )
    else:
        yield Note(f"this process may open {soft} files: room for {room} connected stations.")


def check_clock(newest_row: datetime | None, now: datetime) -> Iterator[Remark]:
    """A clock that lies behind what the journal has on record is wrong, or was when that was written."""
    if newest_row is not None and now < newest_row - TOLERANCE:
        yield Problem(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, and the newest row of the journal "
            f"is of {newest_row:%Y-%m-%d %H:%M} UTC.",
            "Set the clock of this machine, and let it be kept by NTP, before certificates are judged by it.",
        )


def _uvloop() -> str:
    return version("uvloop")

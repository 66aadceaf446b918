"""Named ways in which a simulated station misbehaves. Data: who reads them is `station`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from voltward.simulator.frames import write_call, write_result

LATE_SECONDS: Final = 5.0
OVERSIZE_OCTETS: Final = 2 * 1024 * 1024


class Fault(StrEnum):
    """The names; `FAULT_WORDS` says what each does."""

    ANSWERS_LATE = "answers-late"
    ANSWERS_TWICE = "answers-twice"
    ANSWERS_UNASKED = "answers-unasked"
    DUPLICATE_ID = "duplicate-id"
    FLOODS = "floods"
    GARBAGE = "garbage"
    OVERSIZE = "oversize"
    SENDS_BEFORE_BOOT = "sends-before-boot"
    SILENT = "silent"
    WRONG_BOOT_SERIAL = "wrong-boot-serial"


FAULT_WORDS: Final[Mapping[Fault, str]] = {
    Fault.ANSWERS_LATE: f"answers its CSMS {LATE_SECONDS:g} s after it was asked",
    Fault.ANSWERS_TWICE: "answers each call of its CSMS twice",
    Fault.ANSWERS_UNASKED: "answers a call that nobody made, once it is booted",
    Fault.DUPLICATE_ID: "uses one message id for all its calls",
    Fault.FLOODS: "says all that it has to say without waiting for an answer",
    Fault.GARBAGE: "sends half a message, once it is booted",
    Fault.OVERSIZE: f"sends a message of {OVERSIZE_OCTETS // 2**20} MiB, once it is booted",
    Fault.SENDS_BEFORE_BOOT: "sends a heartbeat before its boot",
    Fault.SILENT: "never answers its CSMS",
    Fault.WRONG_BOOT_SERIAL: "boots with the serial of another station",
}

#: What a station throws in right after it was accepted: fault -> the frame.
MISCHIEF: Final[Mapping[Fault, Callable[[], bytes]]] = {
    Fault.ANSWERS_UNASKED: lambda: write_result("never-asked", {"status": "Accepted"}),
    Fault.GARBAGE: lambda: b'[2,"half-a-message","Heart',
    Fault.OVERSIZE: lambda: write_call(
        "oversize", "DataTransfer", {"vendorId": "oversize", "data": "x" * OVERSIZE_OCTETS}
    ),
}

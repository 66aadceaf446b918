"""Named ways in which a simulated station misbehaves. Data: who reads them is `station`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from voltward.simulator.frames import write_call, write_result

LATE_SECONDS: Final = 5.0
OVERSIZE_OCTETS: Final = 2 * 1024 * 1024
FIRMWARE_BUILT: Final = datetime(2025, 3, 1, tzinfo=UTC)


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

    # The renewal of its certificate, step by step.
    TRIGGER_REJECTED = "trigger-rejected"
    TRIGGER_UNKNOWN = "trigger-unknown"
    CSR_NEVER_COMES = "csr-never-comes"
    CSR_TWICE = "csr-twice"
    CSR_MALFORMED = "csr-malformed"
    CSR_WEAK_KEY = "csr-weak-key"
    CSR_OTHER_NAME = "csr-other-name"
    CSR_REUSED_KEY = "csr-reused-key"
    CHAIN_REJECTED = "chain-rejected"
    CHAIN_NEEDS_ROOT = "chain-needs-root"
    CHAIN_WITHOUT_ROOT = "chain-without-root"
    CHAIN_LEAF_ONLY = "chain-leaf-only"
    CHAIN_UNANSWERED = "chain-unanswered"
    CHAIN_DISOWNED = "chain-disowned"
    CHAIN_UNNUMBERED = "chain-unnumbered"
    NEW_NEVER_USED = "new-never-used"
    NEW_AFTER_OLD = "new-after-old"
    LAST_TO_END = "last-to-end"
    REBOOTS_HALFWAY = "reboots-halfway"
    LOST_AFTER_TRIGGER = "lost-after-trigger"
    LOST_AFTER_CSR = "lost-after-csr"
    LOST_BEFORE_CHAIN = "lost-before-chain"
    LOST_AFTER_CHAIN = "lost-after-chain"

    # Its security profile.
    NETWORK_REJECTED = "network-rejected"
    ORDER_REJECTED = "order-rejected"
    PROFILE_NOT_TAKEN_UP = "profile-not-taken-up"

    # The roots that it trusts.
    STORE_FULL = "store-full"
    INSTALL_REJECTED = "install-rejected"
    INSTALL_FAILED = "install-failed"
    INSTALL_FORGOTTEN = "install-forgotten"
    INSTALL_UNKNOWN = "install-unknown"
    INSTALL_UNSUPPORTED = "install-unsupported"
    CLOCK_STANDS = "clock-stands"


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
    Fault.TRIGGER_REJECTED: "refuses to ask for a certificate",
    Fault.TRIGGER_UNKNOWN: "does not know how to be asked for a certificate request",
    Fault.CSR_NEVER_COMES: "accepts to ask for a certificate, and never asks",
    Fault.CSR_TWICE: "asks for each certificate twice",
    Fault.CSR_MALFORMED: "sends a certificate request that nobody can read",
    Fault.CSR_WEAK_KEY: "asks for a certificate for an RSA key of 1024 bits",
    Fault.CSR_OTHER_NAME: "asks for a certificate in the name of another station",
    Fault.CSR_REUSED_KEY: "asks for a new certificate for the key of its old one",
    Fault.CHAIN_REJECTED: "rejects every certificate",
    Fault.CHAIN_NEEDS_ROOT: "rejects a chain without its root",
    Fault.CHAIN_WITHOUT_ROOT: "rejects a chain with its root",
    Fault.CHAIN_LEAF_ONLY: "rejects a chain with more than the certificate itself",
    Fault.CHAIN_UNANSWERED: "never answers when its certificate comes",
    Fault.CHAIN_DISOWNED: "accepts a certificate once, finds it invalid afterwards, and reports that",
    Fault.CHAIN_UNNUMBERED: "takes a certificate that comes without the number of its request (2.1)",
    Fault.NEW_NEVER_USED: "accepts a certificate, and goes on with the old one",
    Fault.NEW_AFTER_OLD: "comes back with the old certificate once, before it uses the new one",
    Fault.LAST_TO_END: "uses the certificate that ends last, whichever is newer",
    Fault.REBOOTS_HALFWAY: "reboots when it has accepted a certificate",
    Fault.LOST_AFTER_TRIGGER: "loses its link once, when it has accepted to ask for a certificate",
    Fault.LOST_AFTER_CSR: "loses its link once, when it has asked for a certificate",
    Fault.LOST_BEFORE_CHAIN: "loses its link once, and the certificate that came, before it answers",
    Fault.LOST_AFTER_CHAIN: "loses its link once, before it answers that it has kept a certificate",
    Fault.NETWORK_REJECTED: "rejects every network profile",
    Fault.ORDER_REJECTED: "rejects every order of its network profiles",
    Fault.PROFILE_NOT_TAKEN_UP: "accepts a higher security profile, and comes back on the old one",
    Fault.STORE_FULL: "has no room for a root",
    Fault.INSTALL_REJECTED: "rejects every root",
    Fault.INSTALL_FAILED: "fails to install any root",
    Fault.INSTALL_FORGOTTEN: "accepts a root, and does not keep it",
    Fault.INSTALL_UNKNOWN: "does not know InstallCertificate (NotImplemented)",
    Fault.INSTALL_UNSUPPORTED: "knows InstallCertificate and does not support it (NotSupported)",
    Fault.CLOCK_STANDS: f"believes it is {FIRMWARE_BUILT:%Y-%m-%d} until its boot is answered",
}

#: What a station throws in right after it was accepted: fault -> the frame.
MISCHIEF: Final[Mapping[Fault, Callable[[], bytes]]] = {
    Fault.ANSWERS_UNASKED: lambda: write_result("never-asked", {"status": "Accepted"}),
    Fault.GARBAGE: lambda: b'[2,"half-a-message","Heart',
    Fault.OVERSIZE: lambda: write_call(
        "oversize", "DataTransfer", {"vendorId": "oversize", "data": "x" * OVERSIZE_OCTETS}
    ),
}

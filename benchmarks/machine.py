"""Where the figures come from: processor, cores, kernel, and the versions on the side of the load."""

from __future__ import annotations

import os
import platform
import ssl
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cpu import Cores

_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine in words, ready to be printed."""

    processor: str
    cores: str
    system: str
    load: str


def describe_machine(shares: Cores, cpu_info: Path = _CPU_INFO) -> Machine:
    """This machine, with the share of its cores that each side was given."""
    load = ", ".join(str(core) for core in sorted(shares.load))
    return Machine(
        processor=_processor(cpu_info.read_text()),
        cores=f"{os.cpu_count()} cores; server on core {shares.server}, load and CSMS on {load}",
        system=f"{platform.system()} {platform.release()}",
        load=f"Python {platform.python_version()}, {' '.join(ssl.OPENSSL_VERSION.split()[:2])}",
    )


def _processor(cpu_info: str) -> str:
    for line in cpu_info.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in {"model name", "Model", "cpu model"}:
            return value.strip()
    return platform.machine()

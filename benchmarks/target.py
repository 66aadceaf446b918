"""A server under test, as the rest of the benchmark sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """A running server: whom to reach, whose CPU counts (with all descendants), what its chain may end in."""

    name: str
    address: tuple[str, int]
    root_process: int
    server_roots: tuple[Path, ...]
    versions: tuple[str, ...]
    plain_address: tuple[str, int] | None = None
    metrics_address: tuple[str, int] | None = None
    settings: str = ""  # of Voltward: the file
    dials_csms: bool = True  # False: it answers the stations itself

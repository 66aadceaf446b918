"""A key that an independent station makes for itself, and its request for a certificate: both by openssl.

own = await new_own_key(folder, "SN-1", "Example CPO", "rsa")
own.request_pem                                       # what SignCertificate carries
own.key_pem                                           # what it needs beside the chain that it gets
"""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_KEYS: Final = {"ec": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("rsa:2048",)}


@dataclass(frozen=True, slots=True)
class OwnKey:
    """What the station keeps, and what it shows."""

    key_file: Path
    request_pem: str

    @property
    def key_pem(self) -> str:
        return self.key_file.read_text(encoding="ascii")


async def new_own_key(folder: Path, serial: str, organisation: str, kind: str) -> OwnKey:
    """`kind` is ec (P-256) or rsa (2048 bits)."""
    key_file = folder / f"{serial}.key"
    subject = f"/O={organisation}/CN={serial}"
    made = ("req", "-new", "-nodes", "-newkey", *_KEYS[kind], "-keyout", str(key_file), "-subj", subject)
    return OwnKey(key_file, await openssl(*made))


async def openssl(*words: str) -> str:
    """What it prints; a failure fails the test."""
    done = await asyncio.to_thread(
        subprocess.run, ["openssl", *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

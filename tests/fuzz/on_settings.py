"""The settings file: values, or words for the operator."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

from voltward.domain.errors import VoltwardError
from voltward.settings import load_settings, notes

FILES = (
    (
        b'[operator]\nname = "Example CPO"\n[gateway]\nlisten = "0.0.0.0:8443"\nchains = ["a"]\n[gateway.limits]\n'
        b'upgrade_timeout = "5 s"\nrequest_head = "16 KiB"\n'
    ),
    (
        b'[csms]\nurl = "ws://127.0.0.1:9000"\nbasic = "pass"\n[csms.headers]\nX-A = "{station}"\n'
        b'[route.a]\nhost = ["a.example"]\npath = "/{token}/{station}"\n[route.a.csms]\nurl = "ws://b"\n'
    ),
    (
        b'[group.a]\nactions = { AUTH-03 = "record" }\nschema = "refuse"\nschema_lengths = { "Reset.type" = 9 }\n'
        b'ping_interval = "60 s"\n[relay]\nmessage_size = "1 MiB"\ndepth = 32\n'
    ),
)


@cache
def _file() -> Path:
    """One file for all runs of this process, in memory where the machine has such a folder."""
    memory = Path("/dev/shm")
    folder = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    return Path(tempfile.mkdtemp(prefix="voltward-fuzz-", dir=folder)) / "voltward.toml"


def settings_file(data: bytes) -> None:
    """A fault has words that name the file; settings can be asked for what they say."""
    file = _file()
    file.write_bytes(data)
    try:
        settings = load_settings(file)
    except VoltwardError as fault:
        assert fault.what
        return
    assert isinstance(notes(settings), list)
    assert settings.group_named("nobody") is not None

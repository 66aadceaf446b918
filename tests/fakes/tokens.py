"""A PKCS #11 token for tests: SoftHSM with a folder of its own. `make tests` brings it; apt calls it softhsm2."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

LABEL = "stations"
_PIN = "the PIN of the tests"
_LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/libsofthsm2.so",
)


@dataclass(frozen=True, slots=True)
class SoftToken:
    """The library, and the file with the PIN; the token is called LABEL."""

    module: Path
    pin_file: Path


@contextmanager
def soft_token(folder: Path) -> Iterator[SoftToken]:
    """A new token in `folder`. The library finds it by an environment variable, for this process and its children."""
    module = next((Path(name) for name in _LIBRARIES if Path(name).exists()), None)
    program = shutil.which("softhsm2-util")
    assert module is not None, "apt-get install softhsm2 libengine-pkcs11-openssl"
    assert program is not None, "softhsm2-util comes with softhsm2"
    tokens = folder / "tokens"
    tokens.mkdir()
    configuration, pin = folder / "softhsm2.conf", folder / "pin"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    pin.write_text(f"{_PIN}\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOFTHSM2_CONF", str(configuration))
        subprocess.run(
            [program, "--init-token", "--free", "--label", LABEL, "--pin", _PIN, "--so-pin", _PIN],
            check=True,
            capture_output=True,
        )
        yield SoftToken(module, pin)

"""The child of `python -m tests.fuzz`: one target under the fuzzer, with libFuzzer's own options behind its name."""

from __future__ import annotations

import importlib
import sys


def main(name: str, options: list[str]) -> None:
    """Never returns: libFuzzer ends the process, with another status than 0 when it found something."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["voltward", "tomllib"]):
        targets = importlib.import_module("tests.fuzz.targets")
    run = targets.TARGETS[name].run
    atheris.Setup([name, *options], lambda data: run(bytes(data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

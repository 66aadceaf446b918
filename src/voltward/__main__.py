"""The program (`voltward`, `python -m voltward`): what has to hold before the command line is loaded."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TextIO, cast


def main() -> None:
    """Run the command line: with three streams, whatever is given, and no traceback of a Ctrl-C."""
    _hold_streams()
    # Loading takes a tenth of a second, and what is raised in the middle of an import nobody could catch.
    # Whoever started us may have Ctrl-C ignored: then it stays so.
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from voltward.cli import main as run_command

    if heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command()


def _hold_streams() -> None:
    """Put the null device where a stream was closed (`>&-`): the store would be opened in its place."""
    # In this order: each takes the lowest number that is free, which is its own.
    sys.stdin = cast("TextIO | None", sys.stdin) or _nowhere("r")
    sys.stdout = cast("TextIO | None", sys.stdout) or _nowhere("w")
    sys.stderr = cast("TextIO | None", sys.stderr) or _nowhere("w")


def _nowhere(mode: str) -> TextIO:
    return cast("TextIO", Path(os.devnull).open(mode, encoding="utf-8"))


if __name__ == "__main__":
    main()

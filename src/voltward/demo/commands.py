"""The real command line on the demo's deployment, as an operator at another terminal would use it."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from voltward.domain.errors import OutsideFault

COMMAND_SECONDS: Final = 25.0


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`settings` is the deployment's file."""

    settings: Path

    async def __call__(self, *words: str, statuses: tuple[int, ...] = (0,)) -> Any:
        """Run `voltward WORDS --json`; what it printed. OutsideFault when it ended with another status."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "voltward", *words, "-c", str(self.settings), "--json",
            stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                out, said = await process.communicate()
        except TimeoutError as error:
            raise OutsideFault(
                f"`voltward {' '.join(words)}` did not end in {COMMAND_SECONDS:g} s."
            ) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode not in statuses:
            lines = said.decode("utf-8", "replace").strip().splitlines()
            raise OutsideFault(
                f"`voltward {' '.join(words)}` ended with status {process.returncode}.",
                mend=lines[-1] if lines else "It said nothing.",
            )
        return json.loads(out)

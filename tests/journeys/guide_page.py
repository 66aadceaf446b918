"""A guide, taken at its word: its blocks that are marked `sh run`, in one shell, in their order.

Its paths lie below a folder of the test. `voltward serve` goes on behind the shell, on ports of the system's
choice, as a service would; `systemctl stop` ends it.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from dataclasses import dataclass
from pathlib import Path

from tests.arch.source_tree import ROOT

GUIDE = ROOT / "docs" / "operations.md"
FIRST_YEAR = ROOT / "docs" / "first-year-of-a-ca.md"
PLACES = ("/srv", "/var/backups")
PATIENCE = 90.0  # seconds for all of it
_BLOCK = re.compile(r"^```(sh[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What a machine brings along: a CSMS at its address, a service manager, ports.
_MACHINE = """
set -euo pipefail
export PATH="{programs}:$PATH"
voltward() {{
    case "$1" in
    serve)
        command voltward "$@" --set gateway.listen=127.0.0.1:0 --set metrics.listen=127.0.0.1:0 \\
            --set csms.url="{csms}" 2>serve.log &
        SERVED=$!
        trap 'kill $SERVED 2>/dev/null || true' EXIT
        for _ in $(seq 300); do grep -q gateway_ready serve.log && break; sleep 0.1; done
        PORT=$(sed -n 's/.*"tls_port": *\\([0-9]*\\).*/\\1/p' serve.log | head -1)
        test -n "$PORT" ;;
    simulate) command voltward "${{@//:8443/:$PORT}}" ;;
    *) command voltward "$@" ;;
    esac
}}
systemctl() {{ test -z "${{SERVED:-}}" || {{ kill "$SERVED"; wait "$SERVED"; }}; }}
"""


@dataclass(frozen=True, slots=True)
class Played:
    """How the shell ended, and all that it said."""

    status: int
    said: str


@dataclass(frozen=True, slots=True)
class GuidePage:
    """The blocks of the page, each with its mark."""

    blocks: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, page: Path = GUIDE) -> GuidePage:
        return cls(tuple(_BLOCK.findall(page.read_text(encoding="utf-8"))))

    def marked(self, mark: str) -> list[str]:
        """The blocks with this mark, in their order."""
        return [block for found, block in self.blocks if found == mark]

    async def play(self, folder: Path, csms: str) -> Played:
        """Run them; the first command that fails ends it."""
        script = _MACHINE.format(programs=Path(sys.executable).parent, csms=csms)
        for place in PLACES:
            (folder / place.lstrip("/")).mkdir(parents=True)
        for number, block in enumerate(self.marked("sh run"), start=1):
            for place in PLACES:
                block = block.replace(f"{place}/", f"{folder}{place}/")  # noqa: PLW2901
            script += f"\necho '-- block {number}'\n{block}"
        (folder / "var" / "backups" / "voltward").mkdir()
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", f"{script}\nsystemctl stop\n",
            cwd=folder, stdout=PIPE, stderr=STDOUT, env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
        assert process.returncode is not None
        return Played(process.returncode, said.decode("utf-8", "replace"))

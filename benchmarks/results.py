"""What a run has measured so far, part by part: one that fails takes nothing from those before it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.figures import Comparison, Failed, Finding

Servers = TypeVar("Servers")


@dataclass(slots=True)
class Results:
    """Figures of the parts that ended, and why others have none."""

    comparisons: list[Comparison] = field(default_factory=list[Comparison])
    findings: list[Finding] = field(default_factory=list[Finding])
    failed: list[Failed] = field(default_factory=list[Failed])

    def measure(
        self,
        parts: Sequence[str],
        stand: Callable[[], AbstractContextManager[Servers]],
        part: Callable[[str, Servers], Sequence[Comparison | Finding]],
    ) -> None:
        """Some parts on the same servers, one after the other.

        Behind one that fails none is begun there: the load may still be in the midst of its order.
        """
        ended = 0
        try:
            with stand() as servers:
                for name in parts:
                    self._keep(part(name, servers))
                    ended += 1
        except Exception as fault:  # noqa: BLE001 - whatever it is, what was measured before it stays
            traceback.print_exception(fault, file=sys.stderr)
            failing, *others = parts[ended:] or [f"{parts[-1]}: the end of its servers"]
            self.failed.append(Failed(failing, f"{type(fault).__name__}: {fault}"))
            self.failed += [Failed(other, f"not begun, since '{failing}' failed") for other in others]

    @property
    def status(self) -> int:
        """Of the process: 0 all goals reached, 1 a goal missed, 3 a part without figures."""
        if self.failed:
            return 3
        return 0 if all(one.is_reached for one in (*self.comparisons, *self.findings)) else 1

    def _keep(self, figures: Sequence[Comparison | Finding]) -> None:
        self.comparisons += [one for one in figures if isinstance(one, Comparison)]
        self.findings += [one for one in figures if isinstance(one, Finding)]

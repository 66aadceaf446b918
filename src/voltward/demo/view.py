"""The demo on a terminal: fed with the gateway's log and the story's steps, and drawn again and again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Mapping
from pathlib import Path
from shutil import which
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.live import Live

from voltward.demo.cast import BILLING
from voltward.demo.outcome import Step
from voltward.demo.picture import Picture
from voltward.demo.screen import Screen, drawn
from voltward.demo.stage import Act, Stage

COMMAND: Final = "voltward"
_EVERY: Final = 0.25  # seconds between two looks
_KEPT_STEPS: Final = 4


class LiveView:
    """An audience that draws; `voltward` is how a reader can call this very program."""

    def __init__(self, console: Console, voltward: str) -> None:
        self.picture = Picture()
        self._console = console
        self._voltward = voltward
        self._doing = "getting ready ..."
        self._steps: deque[Step] = deque(maxlen=_KEPT_STEPS)
        self._held = self._failed = 0
        self._stage: Stage | None = None
        self._phases: Mapping[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    # -- an audience

    def prepares(self, what: str) -> None:
        """Something takes a moment."""
        self._doing = f"making {what} ..."

    def opens(self, stage: Stage) -> None:
        """From now on the gateway's log is followed."""
        self._stage = stage
        for event in stage.gateway.log.events:
            self.picture.take(event)
        stage.gateway.log.watch = self.picture.take

    def begins(self, act: Act) -> None:
        """An act begins."""
        self._doing = act.title

    def ends(self, step: Step) -> None:
        """A scene has ended."""
        self._steps.append(step)
        if step.ok:
            self._held += 1
        else:
            self._failed += 1

    def sees(self, phases: Mapping[str, str]) -> None:
        """Where life-cycles stand."""
        self._phases = phases

    # -- drawing

    async def shows(self, story: Coroutine[Any, Any, None]) -> None:
        """Draw for as long as the story runs."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        with Live(console=self._console, screen=True, auto_refresh=False) as live:

            def draw() -> None:
                live.update(self.now(loop.time() - began), refresh=True)
                self._timer = loop.call_later(_EVERY, draw)

            draw()
            try:
                await story
            finally:
                if self._timer is not None:
                    self._timer.cancel()

    def now(self, seconds: float) -> RenderableType:
        """The whole screen, so many seconds after it began."""
        messages: dict[str, int] = {}
        if self._stage is not None:
            messages = {name: log.messages for name, log in self._stage.csms.stations.items()}
        screen = Screen(
            seconds=seconds,
            picture=self.picture,
            messages=messages,
            phases=self._phases,
            doing=self._doing,
            tally=(self._held, self._failed),
            steps=tuple(reversed(self._steps)),
            advice=self._advice(),
        )
        return drawn(screen, self._console.width, self._console.height)

    def _advice(self) -> tuple[str, ...]:
        """What to type next."""
        if self._stage is None:
            return ()
        alias = () if self._voltward == COMMAND else (f"alias {COMMAND}='{self._voltward}'",)
        return (
            f"cd {self._stage.site.folder}",
            *alias,
            f"{COMMAND} station explain {BILLING.revoked}",
            f"{COMMAND} station quarantine {BILLING.live} --reason me",
            f"{COMMAND} journal tail --follow",
        )


def command_name(argument: str, interpreter: str) -> str:
    """How this very program can be called from any folder; `voltward` where that is what the shell finds."""
    path = Path(argument)
    if path.name != COMMAND:
        return f"{interpreter} -m {COMMAND}"
    found = which(COMMAND)
    return COMMAND if found is not None and Path(found).samefile(path) else str(path.resolve())

"""The story as lines of text: for pipes, for terminals that only scroll, and for whoever reads it later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.text import Text

from voltward.demo.outcome import Outcome, Step
from voltward.demo.stage import Act, Stage

_INDENT: Final = "        "


class Programme:
    """Prints each step as it ends. Nothing that is printed is read as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def prepares(self, what: str) -> None:
        """Something takes a moment."""
        self._say(Text(f"making {what} ...", style="dim"))

    def opens(self, stage: Stage) -> None:
        """Everything stands."""
        self._say(Text(f"deployment {stage.site.folder}, CSMS {stage.csms.url}", style="dim"))

    def begins(self, act: Act) -> None:
        """An act begins."""
        self._say(Text(f"\n{act.title}", style="bold"))

    def ends(self, step: Step) -> None:
        """A scene has ended."""
        self._say(
            _mark(step)
            .append(f" {step.name}", style="default")
            .append(f"  {step.seconds:.1f} s", style="dim")
        )
        self._say(Text(f"{_INDENT}{step.seen.words}", style="dim" if step.ok else "red"))
        if not step.ok:
            self._say(Text(f"{_INDENT}expected: {step.expected}"))
            self._say(Text(f"{_INDENT}look at: {step.seen.look_at}"))

    def sees(self, phases: Mapping[str, str]) -> None:
        """Lines have no room for what goes on meanwhile."""

    def closes(self, outcome: Outcome) -> None:
        """The last words."""
        count, failed = len(outcome.steps), outcome.failed
        if outcome.ok:
            words = f"\nAll {count} steps held, in {outcome.seconds:.1f} s."
            self._say(Text(words, style="bold green"))
            return
        self._say(Text(f"\n{len(failed)} of {count} steps did not hold:", style="bold red"))
        for step in failed:
            self._say(Text(f"  {step.name}: {step.seen.words}", style="red"))

    def _say(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


class Nobody:
    """Watches and says nothing: where the outcome alone is printed."""

    def prepares(self, what: str) -> None:
        """Not a word."""

    def opens(self, stage: Stage) -> None:
        """Not a word."""

    def begins(self, act: Act) -> None:
        """Not a word."""

    def ends(self, step: Step) -> None:
        """Not a word."""

    def sees(self, phases: Mapping[str, str]) -> None:
        """Not a word."""


def _mark(step: Step) -> Text:
    return Text("   ok", style="green") if step.ok else Text(" FAIL", style="bold red")

"""What a scene came to, and what the whole story came to. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scene saw, in words; `ok` only on positive evidence. `look_at`: where to look if it is not."""

    words: str
    ok: bool
    look_at: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One scene with its end. `seconds` is how long it took."""

    name: str
    expected: str
    seen: Seen
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Did it hold?"""
        return self.seen.ok

    def as_facts(self) -> dict[str, object]:
        """For `--json`; a step that failed names what to look at within `seen`."""
        look_at = "" if self.ok or not self.seen.look_at else f" (look at: {self.seen.look_at})"
        return {
            "name": self.name,
            "expected": self.expected,
            "seen": self.seen.words + look_at,
            "ok": self.ok,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """The story played to its end."""

    steps: tuple[Step, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Every step held; a story without steps proves nothing."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def failed(self) -> tuple[Step, ...]:
        """The steps that did not hold."""
        return tuple(step for step in self.steps if not step.ok)

    def as_facts(self) -> dict[str, object]:
        """The document of `voltward demo --once --json`."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "steps": [step.as_facts() for step in self.steps],
        }

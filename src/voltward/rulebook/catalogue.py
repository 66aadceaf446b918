"""The rulebook: all controls, in the order in which a person would tell the reasons.

The order matters: among failed controls of equal weight the first one is the deciding one. So it runs from
*who says it is* over *may it use this door* to *is its proof good*. Reads packaged data once, when asked to.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from voltward.domain.enforcement import Action
from voltward.domain.errors import OperatorFault
from voltward.rulebook.control import Control, Moment
from voltward.rulebook.control_files import read_controls
from voltward.rulebook.editions import Edition, read_editions

FILES = (
    "identity.toml",
    "station.toml",
    "transport.toml",
    "profile.toml",
    "authentication.toml",
    "certificates.toml",
    "link.toml",
    "messages.toml",
    "signing.toml",
)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Immutable. `defaults` and `softest` are what `domain.enforcement.Weighing` asks for."""

    controls: tuple[Control, ...]
    editions: Mapping[str, Edition]
    by_id: Mapping[str, Control]
    defaults: Mapping[str, Action]
    softest: Mapping[str, Action]
    holding: frozenset[str]  # controls that are enforced even where a group is observed
    leaning: frozenset[str]  # controls that a mistake of ours makes a whole fleet fail (ruling 15)

    def for_moment(self, moment: Moment) -> tuple[Control, ...]:
        """The controls that are judged then, in the rulebook's order."""
        return tuple(control for control in self.controls if control.moment is moment)


@cache
def load_rulebook() -> Rulebook:
    """The rulebook that is part of the package, read once in a process.

    OperatorFault says which file and control is wrong.
    """
    folder = resources.files("voltward.rulebook")
    files = {name: (folder / "controls" / name).read_text("utf-8") for name in FILES}
    retired = (folder / "controls" / "retired.toml").read_text("utf-8")
    return build_rulebook(files, (folder / "editions.toml").read_text("utf-8"), retired)


def build_rulebook(files: Mapping[str, str], editions: str, retired: str) -> Rulebook:
    """Make a rulebook of texts: control files by name, in their order, `editions.toml`, `retired.toml`."""
    known = read_editions(editions)
    controls = tuple(control for file, text in files.items() for control in read_controls(file, text, known))
    _refuse_reused_ids(controls, _read_retired(retired))
    return Rulebook(
        controls=controls,
        editions=MappingProxyType(known),
        by_id=MappingProxyType({control.id: control for control in controls}),
        defaults=MappingProxyType({control.id: control.default_action for control in controls}),
        softest=MappingProxyType({control.id: control.softest_action for control in controls}),
        holding=frozenset(control.id for control in controls if control.holds_observed),
        leaning=frozenset(control.id for control in controls if control.leans_on_us),
    )


def _read_retired(text: str) -> Mapping[str, str]:
    """Ids that are gone, with the reason: they stay in old journals and may never mean something else."""
    return tomllib.loads(text).get("retired", {})


def _refuse_reused_ids(controls: Iterable[Control], retired: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for control in controls:
        if control.id in retired:
            why = f"its id was retired ({retired[control.id]})"
        elif control.id in seen:
            why = "its id stands twice"
        else:
            seen.add(control.id)
            continue
        raise OperatorFault(f"{why}.", subject=f"rulebook, control {control.id}", mend="Give it a new id.")

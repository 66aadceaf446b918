"""Which requirements of each edition have a control, and whose the others are: data for people to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voltward.rulebook.catalogue import Rulebook
from voltward.rulebook.editions import Edition, InHandsOf, Requirement


@dataclass(frozen=True, slots=True)
class Covered:
    """A requirement and the controls that cite it, in the rulebook's order."""

    requirement: Requirement
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EditionCoverage:
    """Every requirement of an edition stands in exactly one of the three."""

    edition: Edition
    covered: tuple[Covered, ...]
    elsewhere: Mapping[InHandsOf, tuple[Requirement, ...]]  # in other hands, or ours later
    missing: tuple[Requirement, ...]  # ours now, and without a control


def coverage(rulebook: Rulebook) -> tuple[EditionCoverage, ...]:
    """The coverage of every edition, in the order of `editions.toml`."""
    citing: dict[tuple[str, str], list[str]] = {}
    for control in rulebook.controls:
        for reference in control.requirements:
            citing.setdefault((reference.edition, reference.id), []).append(control.id)
    return tuple(_of_edition(edition, citing) for edition in rulebook.editions.values())


def _of_edition(edition: Edition, citing: Mapping[tuple[str, str], list[str]]) -> EditionCoverage:
    covered: list[Covered] = []
    elsewhere: dict[InHandsOf, list[Requirement]] = {}
    missing: list[Requirement] = []
    for requirement in edition.requirements.values():
        controls = citing.get((edition.key, requirement.id))
        if controls:
            covered.append(Covered(requirement, tuple(controls)))
        elif requirement.in_hands_of is InHandsOf.GATEWAY:
            missing.append(requirement)
        else:
            elsewhere.setdefault(requirement.in_hands_of, []).append(requirement)
    return EditionCoverage(
        edition, tuple(covered), {whose: tuple(rows) for whose, rows in elsewhere.items()}, tuple(missing)
    )

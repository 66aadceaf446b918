"""Which quirks a station has now: its own, its group's, its tenant's, its model's, in that order.

Made from settings and recipes, and replaced as a whole by a reload. Asked once per handshake: where nobody
has granted anything, that costs a look at a flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from voltward.domain.quirk import NO_GRANTS, Grants, QuirkGrant, in_force
from voltward.domain.station import DEFAULT_GROUP, Model
from voltward.rulebook.recipes import Recipe
from voltward.usecases.admission.admission_registry import StationEntry

KEPT = 1000  # models that were looked up; a fleet has some dozen


@dataclass(frozen=True, slots=True)
class QuirkRules:
    """Grants for many: by group, by tenant, and by recipes, whose grants were read already."""

    groups: Mapping[str, tuple[QuirkGrant, ...]]
    recipes: tuple[tuple[Recipe, tuple[QuirkGrant, ...]], ...] = ()
    tenants: Mapping[str, tuple[QuirkGrant, ...]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Nobody has anything from here."""
        return not (self.recipes or any(self.groups.values()) or any(self.tenants.values()))


NO_RULES = QuirkRules({})


class QuirkBook:
    """See the module."""

    def __init__(self, rules: QuirkRules = NO_RULES) -> None:
        self._rules = rules
        self._by_model: dict[Model, tuple[QuirkGrant, ...]] = {}
        self._is_empty = rules.is_empty

    def use(self, rules: QuirkRules) -> None:
        """Other rules from now on."""
        self._rules, self._is_empty = rules, rules.is_empty
        self._by_model.clear()

    def of(self, entry: StationEntry | None, now: datetime) -> Grants:
        """What this station may do otherwise, as of now; a stranger may nothing."""
        if entry is None or (self._is_empty and not entry.station.quirks):
            return NO_GRANTS
        groups = self._rules.groups
        group = groups.get(entry.station.group)
        if group is None:
            group = groups.get(DEFAULT_GROUP, ())
        tenant = self._rules.tenants.get(entry.station.id.tenant, ())
        return in_force((*entry.station.quirks, *group, *tenant, *self._of_model(entry.station.model)), now)

    def _of_model(self, model: Model) -> tuple[QuirkGrant, ...]:
        known = self._by_model.get(model)
        if known is None:
            if len(self._by_model) >= KEPT:
                self._by_model.clear()
            fitting = (grants for recipe, grants in self._rules.recipes if recipe.fits(model))
            known = self._by_model[model] = tuple(grant for grants in fitting for grant in grants)
        return known

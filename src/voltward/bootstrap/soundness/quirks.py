"""The quirks that are granted: until when, at what cost; those whose end has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from voltward.bootstrap.gateway.quirk_rules import quirk_rules
from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.domain.quirk import QuirkGrant
from voltward.rulebook.quirks import Definitions, load_quirks
from voltward.settings import Settings

SOON = timedelta(days=30)


def check_quirks(settings: Settings, now: datetime) -> Iterator[Remark]:
    """Every grant of the settings and recipes with its cost; faults are told."""
    rules, definitions = quirk_rules(settings), load_quirks()
    held = (*rules.groups.values(), *rules.tenants.values())
    granted = [grant for grants in held for grant in grants]
    granted += [grant for _, grants in rules.recipes for grant in grants]
    for grant in granted:
        yield _told(grant, definitions, now)


def _told(grant: QuirkGrant, definitions: Definitions, now: datetime) -> Remark:
    what = f"{grant.granted_by}: the quirk {grant.quirk}"
    if grant.until <= now:
        return Problem(
            f"{what} ended on {grant.until:%Y-%m-%d} and has no effect.",
            f"Remove it, or date it anew if {grant.owner} still answers for it.",
            Severity.WARNING,
        )
    if grant.until - now < SOON:
        return Problem(
            f"{what} ends on {grant.until:%Y-%m-%d}; stations that need it stay outside from then on.",
            f"{definitions[grant.quirk].remedy} Or let {grant.owner} date it anew.",
            Severity.WARNING,
        )
    cost = definitions[grant.quirk].cost
    return Note(
        f"{what} holds until {grant.until:%Y-%m-%d} ({grant.owner}: {grant.reason}). It costs: {cost}"
    )

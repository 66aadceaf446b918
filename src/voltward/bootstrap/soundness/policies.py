"""What the settings order, held against the rulebook and the dialects."""

from __future__ import annotations

from collections.abc import Iterator

from voltward.bootstrap.gateway import ordered_action
from voltward.bootstrap.schemas import check_schema_lengths
from voltward.bootstrap.soundness.remarks import Problem, Remark, from_fault
from voltward.domain.errors import VoltwardError
from voltward.rulebook.catalogue import Rulebook
from voltward.settings import Settings


def check_operator(settings: Settings) -> Iterator[Remark]:
    """Certificates must carry the operator's name (A00.FR.404): without one, none does."""
    if not settings.operator.name.strip():
        yield Problem(
            "the operator has no name, and certificates are compared with it.",
            "Set operator.name to the organisation (O) in your certificates.",
        )


def check_groups(settings: Settings, rulebook: Rulebook) -> Iterator[Remark]:
    """Each group's actions name controls that exist and bear it; its lengths name texts that have one."""
    for name, group in settings.group.items():
        try:
            check_schema_lengths(name, group)
        except VoltwardError as fault:
            yield from_fault(fault)
        for control, word in group.actions.items():
            try:
                ordered_action(name, control, word, rulebook)
            except VoltwardError as fault:
                yield from_fault(fault)

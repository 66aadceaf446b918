"""What the settings order, held against the rulebook and the dialects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from voltward.bootstrap.authority.known_keys import known_keys
from voltward.bootstrap.gateway.group_orders import observed_of, ordered_action
from voltward.bootstrap.gateway.schemas import check_schema_lengths
from voltward.bootstrap.gateway.station_places import station_places
from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity, from_fault
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
        if group.conformance:
            yield Problem(
                f"[group.{name}] ANSWERS FOR A TEST TOOL: requests for certificates that are not in "
                "order are told Accepted, though nothing is issued for them.",
                "Remove conformance when the test is over.",
                Severity.WARNING,
            )
        for control, word in group.actions.items():
            try:
                ordered_action(name, control, word, rulebook)
            except VoltwardError as fault:
                yield from_fault(fault)


def check_observed(settings: Settings, now: datetime) -> Iterator[Remark]:
    """A group that is observed stands open: it is told until it ends, and after."""
    observed = observed_of(settings, now)
    for name, group in settings.group.items():
        if group.learn and name not in observed:
            yield Problem(
                f"[group.{name}] learn has no effect: passwords are learnt while a group is observed.",
                "Remove learn, or set mode and observe_until.",
                Severity.WARNING,
            )
    for name, terms in observed.items():
        table = f"[group.{name}]"
        if not terms.hold(now):
            yield Note(f"{table} is enforced since {terms.until:%Y-%m-%d %H:%M} UTC: its observing is over.")
            continue
        yield Problem(
            f"{table} IS ONLY OBSERVED until {terms.until:%Y-%m-%d %H:%M} UTC: its stations come in "
            "whatever they prove, or fail to.",
            "When `voltward posture door` finds its stations ready, remove mode and observe_until.",
            Severity.WARNING,
        )
        if any(route.csms.basic == "none" for route in settings.routes().values()):
            yield Problem(
                f"{table} is observed and nobody looks at its passwords: they are not passed on to the CSMS.",
                'Set csms.basic = "pass", if the CSMS has looked at them so far.',
                Severity.WARNING,
            )
        if settings.group[name].learn:
            yield Note(
                f"{table} learns passwords that the CSMS takes: see for yourself that it refuses a wrong one."
            )


def check_renewals(settings: Settings) -> Iterator[Remark]:
    """No wait of a renewal is longer than any may be."""
    settings.certificates.renewal.terms()
    yield from ()


def check_places(settings: Settings) -> Iterator[Remark]:
    """What network profiles tell stations can be dialled."""
    station_places(settings)
    yield from ()


def check_known_keys(settings: Settings) -> Iterator[Remark]:
    """Lists of keys that are known to others are there, and are lists."""
    known_keys(settings)
    yield from ()

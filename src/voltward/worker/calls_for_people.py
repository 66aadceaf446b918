"""What needs somebody is a line of the log as well: that is what people watch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from voltward.domain.events import Event

# Steps of life-cycles are many, and stay in the journal.
CALLS: Final = frozenset({"attention_needed", "authority_list_failed", "authority_list_ended"})
ENDS: Final = frozenset({"authority_list_recovered"})


def call_people(events: Sequence[Event]) -> None:
    """One line for each row of the journal that asks for somebody, or says that nobody is needed any more."""
    for event in events:
        if event.kind in CALLS:
            structlog.get_logger().warning(event.kind, subject=event.subject, **event.facts)
        elif event.kind in ENDS:
            structlog.get_logger().info(event.kind, subject=event.subject, **event.facts)

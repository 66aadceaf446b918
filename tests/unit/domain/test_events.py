from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from voltward.domain.events import Event

AT = datetime(2026, 11, 20, tzinfo=UTC)


def test_an_event_starts_without_facts_of_its_own() -> None:
    assert Event("gateway_started", AT, "gateway").facts == {}
    assert Event("gateway_started", AT, "gateway").facts is not Event("gateway_started", AT, "gateway").facts


def test_what_happened_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Event("gateway_started", AT, "gateway").kind = "gateway_stopped"  # type: ignore[misc]

from __future__ import annotations

from tests.fakes.clock import NOON
from voltward.cli.station.anchor_words import inventory_facts, inventory_lines
from voltward.domain.station import StationId
from voltward.ports.lifecycles import HeldAnchor
from voltward.usecases.trust.anchor_inventory import Inventory

NAMES = {"f1": "CN=Our root"}


def held(authority: str) -> HeldAnchor:
    return HeldAnchor(StationId("CP001"), "csms", "sha256", "aa", "bb", "1f", NOON, authority)


def test_a_certificate_is_called_by_its_name_or_its_serial() -> None:
    inventory = Inventory((held("f1"), held("")), NOON)

    known, unknown = inventory_lines(inventory, NAMES)
    assert known.startswith("holds: csms: CN=Our root (read 20")
    assert "unknown here, serial 1f" in unknown
    facts = inventory_facts(inventory, NAMES)
    assert [one["subject"] for one in facts["held"]] == ["CN=Our root", None]  # type: ignore[attr-defined]


def test_an_empty_list_and_none_are_told_apart() -> None:
    assert list(inventory_lines(Inventory((), None), {})) == ["holds: never told"]
    (empty, problem) = inventory_lines(Inventory((), NOON, "unsupported"), {})
    assert empty.startswith("holds: no certificate")
    assert "not told (unsupported)" in problem

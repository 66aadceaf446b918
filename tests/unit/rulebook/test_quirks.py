from __future__ import annotations

from typing import Any

import pytest

from voltward.domain.errors import OperatorFault
from voltward.domain.quirk import Quirk
from voltward.rulebook.quirks import load_quirks, read_grant, read_quirks

QUIRKS = load_quirks()
DATED: dict[str, Any] = {"until": "2027-03-31", "owner": "ann", "reason": "old firmware"}


def test_every_quirk_that_the_code_knows_is_described() -> None:
    assert set(QUIRKS) == set(Quirk)
    assert all(q.title and q.cost and q.remedy and q.field_notes for q in QUIRKS.values())


def test_a_grant_is_read_with_its_parameters_in_their_kind() -> None:
    said = {**DATED, "ping_interval": "45 s", "idle_timeout": "10 min"}
    pace = read_grant("keepalive-pace", said, QUIRKS, "group x", "group.x")
    small = read_grant("small-records", {**DATED, "octets": "4 KiB"}, QUIRKS, "group x", "group.x")

    assert dict(pace.parameters) == {"ping_interval": 45.0, "idle_timeout": 600.0}
    assert small.octets() == 4096
    assert small.granted_by == "group x"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("no-such-quirk", DATED),
        ("trailing-slash", {**DATED, "until": ""}),
        ("trailing-slash", {"until": "2027-03-31", "owner": "ann"}),
        ("trailing-slash", {**DATED, "octets": "4 KiB"}),
        ("trailing-slash", {**DATED, "until": "some day"}),
        ("no-subprotocol", DATED),
        ("no-subprotocol", {**DATED, "speaks": 1.6}),
        ("keepalive-pace", DATED),
        ("keepalive-pace", {**DATED, "ping_interval": "45"}),
        ("small-frames", {**DATED, "octets": "1 MiB"}),
        ("small-records", {**DATED, "octets": "16 B"}),
        ("short-password", {**DATED, "octets": "8 B"}),
        ("short-password", {**DATED, "octets": 0}),
    ],
)
def test_a_grant_that_is_not_whole_is_refused_with_its_place(name: str, table: dict[str, Any]) -> None:
    with pytest.raises(OperatorFault) as refused:
        read_grant(name, table, QUIRKS, "group x", "group.x.quirks")

    assert refused.value.subject == "group.x.quirks"


ROW = """
[[quirk]]
name = "trailing-slash"
field_notes = [11]
acts_on = "path"
title = "t"
cost = "c"
remedy = "r"
"""


@pytest.mark.parametrize(
    "text", [ROW + ROW, ROW.replace("trailing", "leading"), ROW.replace("cost", "price"), ROW + "on = true"]
)
def test_a_definition_that_is_not_understood_is_refused(text: str) -> None:
    assert len(read_quirks(ROW)) == 1
    with pytest.raises(OperatorFault):
        read_quirks(text)

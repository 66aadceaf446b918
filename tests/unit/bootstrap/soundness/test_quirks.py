from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.clock import NOON
from voltward.bootstrap.soundness.quirks import check_quirks
from voltward.bootstrap.soundness.remarks import Note, Problem
from voltward.gateway.settings import GroupSettings
from voltward.settings import Settings


@pytest.mark.parametrize(
    ("days", "kind", "words"), [(-1, Problem, "no effect"), (7, Problem, "ends on"), (300, Note, "It costs")]
)
def test_a_grant_is_told_with_its_end_and_its_cost(days: int, kind: type, words: str) -> None:
    grant = {"until": NOON + timedelta(days=days), "owner": "ann", "reason": "old firmware"}
    settings = Settings(group={"old": GroupSettings(quirks={"letter-case": grant})})

    (remark,) = check_quirks(settings, NOON)

    assert isinstance(remark, kind)
    assert words in remark.what
    assert "group old: the quirk letter-case" in remark.what

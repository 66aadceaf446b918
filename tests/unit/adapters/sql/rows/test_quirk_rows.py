from __future__ import annotations

import json
from datetime import timedelta

from tests.fakes.clock import NOON
from voltward.adapters.sql.rows.quirk_rows import quirk_values, quirks_of
from voltward.domain.quirk import Quirk, QuirkGrant

ALIAS = QuirkGrant(Quirk.USER_ALIAS, NOON + timedelta(days=9), "ann", "no menu for it", {"user": ""})
PACE = QuirkGrant(Quirk.KEEPALIVE_PACE, NOON, "bob", "sleeps", {"ping_interval": 45.0})


def test_quirks_come_back_as_they_were_written() -> None:
    written = json.loads(json.dumps(quirk_values([ALIAS, PACE])))

    assert quirks_of(written) == (ALIAS, PACE)


def test_none_is_written_as_nothing() -> None:
    assert quirk_values(()) is None
    assert quirks_of(None) == ()


def test_a_quirk_of_a_later_version_grants_nothing() -> None:
    written = quirk_values([ALIAS]) or []

    assert quirks_of([{**written[0], "quirk": "speaks-in-riddles"}]) == ()

"""The operations guide does what it says: every block of it that a machine of ours can run, is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.guide_page import GuidePage
from voltward.adapters.system_clock import SystemClock
from voltward.simulator.csms import small_csms

pytestmark = pytest.mark.journey


async def test_the_guide_works_from_the_first_line_to_the_restore(tmp_path: Path) -> None:
    async with small_csms(SystemClock()) as csms:
        played = await GuidePage.read().play(tmp_path, csms.url)

        assert played.status == 0, played.said
        assert "CP002" in csms.stations
    for words in ("2 registered", "This deployment is sound.", "Whole.", "The journal is whole"):
        assert words in played.said, played.said
    assert (tmp_path / "srv" / "restored" / "voltward.db").exists()

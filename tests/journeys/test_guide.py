"""The guides do what they say: every block of them that a machine of ours can run, is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.guide_page import FIRST_YEAR, GuidePage
from voltward.adapters.system_clock import SystemClock
from voltward.simulator.csms.csms import small_csms

pytestmark = pytest.mark.journey


async def test_the_guide_works_from_the_first_line_to_the_restore(tmp_path: Path) -> None:
    async with small_csms(SystemClock()) as csms:
        played = await GuidePage.read().play(tmp_path, csms.url)

        assert played.status == 0, played.said
        assert "CP002" in csms.stations
    for words in ("2 registered", "This deployment is sound.", "Whole.", "The journal is whole"):
        assert words in played.said, played.said
    assert (tmp_path / "srv" / "restored" / "voltward.db").exists()


async def test_the_first_year_works_from_the_root_in_a_vault_to_a_lost_signer_and_a_lost_machine(
    tmp_path: Path,
) -> None:
    played = await GuidePage.read(FIRST_YEAR).play(tmp_path, "ws://127.0.0.1:9/ocpp")

    assert played.status == 0, played.said
    for words in ("stations-ca-ecdsa.2: has its certificate", "csms-ca-ecdsa.3: has its certificate"):
        assert words in played.said, played.said
    assert played.said.count("This deployment is sound.") == 3
    assert played.said.count("server-rsa: for csms.example") == 1
    assert not list((tmp_path / "srv" / "voltward").rglob("root-*.sealed"))  # it never was on this machine

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Shell
from voltward.cli.station.station import app


@pytest.mark.parametrize("order", sorted(set(app) - {"--help", "-h", "--version"}))
def test_every_order_can_be_loaded_and_explains_itself(bare: Shell, order: str) -> None:
    assert f"Usage: voltward station {order}" in bare.done("station", order, "--help").out

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deployments import Site, made_site


@pytest.fixture
async def site(tmp_path: Path) -> Site:
    return await made_site(tmp_path / "deployment")

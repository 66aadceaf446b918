"""Contracts are held on every kind of database (`tests/fakes/worlds.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.worlds import WORLDS, World
from voltward.adapters.sql.store import SqlStore


@pytest.fixture(params=list(WORLDS))
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    with WORLDS[request.param](tmp_path, request) as made:
        yield made
        await made.close()


@pytest.fixture
async def store(world: World) -> SqlStore:
    return await world.open()

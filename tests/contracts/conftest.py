"""Contracts are held on every kind of database (`tests/fakes/worlds.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.worlds import WORLDS, World
from voltward.adapters.sql.store import SqlStore


@pytest.fixture(params=list(WORLDS))
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with WORLDS[request.param](tmp_path, request, ready=True) as made:
        yield made


@pytest.fixture(params=list(WORLDS))
async def new_world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """One whose tables the first that comes has to make."""
    async with WORLDS[request.param](tmp_path, request, ready=False) as made:
        yield made


@pytest.fixture
async def store(world: World) -> SqlStore:
    return await world.open()

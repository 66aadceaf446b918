"""What the journeys share: one deployment per worker, made once, copied for each gateway."""

from __future__ import annotations

import asyncio

import pytest

from tests.journeys.deployment import Template, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The deployment that each gateway gets a copy of."""
    return asyncio.run(make_template(tmp_path_factory.mktemp("template")))

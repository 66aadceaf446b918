from __future__ import annotations

import asyncio

from tests.fakes.deployments import Site
from voltward.bootstrap.worker import open_worker

PATIENCE = 20.0


async def test_a_worker_opens_works_and_ends_on_a_deployment(site: Site) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        open_worker(site.settings()) as worker,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(worker.run())
        await asyncio.sleep(0)
        worker.stop()

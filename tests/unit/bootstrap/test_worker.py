from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.fakes.deployments import Site
from voltward.bootstrap.worker import open_worker, renewal_plan

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


def test_the_plan_is_that_of_the_settings(site: Site) -> None:
    settings = site.settings("certificates.renewal.csr_patience=1 min", "operator.name=Volt")

    plan = renewal_plan(settings)
    assert (plan.organisation, plan.terms.csr_patience) == ("Volt", timedelta(minutes=1))

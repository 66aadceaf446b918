from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry

from voltward.gateway.table_sizes import watch_sizes


async def test_sizes_are_those_of_the_moment_in_which_somebody_looks() -> None:
    registry, table = CollectorRegistry(), {"a": 1}
    watch_sizes(registry, {"letters": table})
    table["b"] = 2

    assert registry.get_sample_value("voltward_entries", {"table": "letters"}) == 2


async def test_tasks_are_counted() -> None:
    registry = CollectorRegistry()
    watch_sizes(registry, {})
    before = registry.get_sample_value("voltward_tasks")
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))
        during = registry.get_sample_value("voltward_tasks")

    assert before is not None
    assert during == before + 1

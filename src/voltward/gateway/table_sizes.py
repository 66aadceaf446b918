"""How large the gateway's own tables and its crowd of tasks are, counted when somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sized

from prometheus_client import CollectorRegistry, Gauge


def watch_sizes(registry: CollectorRegistry, tables: Mapping[str, Sized]) -> None:
    """Show the number of entries of each table, and of tasks; to be asked for on the gateway's own loop."""
    entries = Gauge("voltward_entries", "Entries that a table holds", ("table",), registry=registry)
    for name, table in tables.items():
        entries.labels(name).set_function(table.__len__)
    tasks = Gauge("voltward_tasks", "Tasks of the event loop", registry=registry)
    tasks.set_function(lambda: len(asyncio.all_tasks()))

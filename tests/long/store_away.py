"""The store away under load, at full length: `python -m tests.long.store_away --minutes 10 [--postgres]`.

A third of the time the store takes nothing, a third it is gone (and the gateway was killed and started without
it), a third it is back. Exit status 1 if somebody known was turned away, or if a row is missing or came twice.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from tests.fakes.postgres import PostgresServer, running_postgres
from tests.journeys.deployment import make_template, world_of
from tests.journeys.on_postgres import on_postgres
from tests.journeys.outage import FileStore, Outage, Pace, Seen, ServerStore, problems_of


async def store_away(pace: Pace, server: PostgresServer | None) -> Seen:
    """One outage of a file, or of a server."""
    with tempfile.TemporaryDirectory(prefix="voltward-store-away-") as folder:
        template = await make_template(Path(folder, "template"))
        if server is not None:
            template = await on_postgres(template, Path(folder, "moved"), server)
        async with world_of(template, Path(folder, "away")) as world:
            store = ServerStore(server) if server is not None else FileStore(world)
            return await Outage(world, pace, store).play()


def main() -> int:
    """Run it and say what was seen."""
    reading = argparse.ArgumentParser(prog="python -m tests.long.store_away", description=__doc__)
    reading.add_argument("--minutes", type=float, default=10.0)
    reading.add_argument("--stations", type=int, default=30)
    reading.add_argument("--postgres", action="store_true", help="the store is a server, not a file")
    told = reading.parse_args()
    pace = Pace(told.stations, stay=1.0, seconds=told.minutes * 60 / 3)
    with running_postgres() if told.postgres else nullcontext() as server:
        seen = asyncio.run(store_away(pace, server))
    problems = problems_of(seen)
    print(
        f"{seen.visits} visits, {len(seen.admitted)} admissions that have to be in the journal, "
        f"{len(seen.missing)} missing, {len(seen.twice)} twice, {len(seen.turned_away)} turned away; "
        f"journal verify: {seen.verified}"
    )
    for problem in problems[:20]:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""The store away under load, at full length: `python -m tests.long.store_away --minutes 10`.

A third of the time the store is locked, a third it is gone (and the gateway was killed and started without
it), a third it is back. Exit status 1 if somebody known was turned away, or if a row is missing or came twice.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.journeys.deployment import make_template, world_of
from tests.journeys.outage import Outage, Pace, Seen, problems_of


async def store_away(minutes: float, stations: int) -> Seen:
    """One outage, with so many stations that come and go."""
    with tempfile.TemporaryDirectory(prefix="voltward-store-away-") as folder:
        template = await make_template(Path(folder, "template"))
        async with world_of(template, Path(folder, "away")) as world:
            return await Outage(world, Pace(stations, stay=1.0, seconds=minutes * 60 / 3)).play()


def main() -> int:
    """Run it and say what was seen."""
    reading = argparse.ArgumentParser(prog="python -m tests.long.store_away", description=__doc__)
    reading.add_argument("--minutes", type=float, default=10.0)
    reading.add_argument("--stations", type=int, default=30)
    told = reading.parse_args()
    seen = asyncio.run(store_away(told.minutes, told.stations))
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

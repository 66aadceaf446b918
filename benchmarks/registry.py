"""The fleet's entry into Voltward's registry: `station add` for each, in one process instead of hundreds.

The same use case as the command line's, on the same store; a command each would cost a second each. Run as
`python -m benchmarks.registry SETTINGS`, with `[[identity, serial], ...]` as JSON on standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from voltward.bootstrap import open_deployment
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.usecases.enroll_station import EnrolmentOrder, enroll_station


async def register_fleet(settings: Path, stations: Sequence[tuple[str, str]]) -> None:
    """Register every (identity, serial) on profile 3, to be known by the serial in its certificate."""
    async with open_deployment(load_settings(settings)) as deployment:
        for identity, serial in stations:
            order = EnrolmentOrder(
                station=StationId(identity),
                profile=SecurityProfile.TLS_CERTIFICATE,
                actor="benchmark",
                serial=serial,
            )
            await enroll_station(
                deployment.store, order, deployment.password_keys, deployment.clock, deployment.entropy
            )


if __name__ == "__main__":
    asyncio.run(register_fleet(Path(sys.argv[1]), json.load(sys.stdin)))

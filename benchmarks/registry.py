"""The fleet's entry into Voltward's registry: `station add` for each, in one process instead of hundreds.

The same use case as the command line's, on the same store; a command each would cost a second each. Run as
`python -m benchmarks.registry SETTINGS`, with `[[identity, serial, profile, password], ...]` as JSON on
standard input; an empty password is made, and told on standard output as `{identity: password}`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from voltward.bootstrap.deployment import open_deployment
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.usecases.fleet.enroll_station import EnrolmentOrder, enroll_station

Row = tuple[str, str, int, str]


async def register_fleet(settings: Path, stations: Sequence[Row]) -> dict[str, str]:
    """Register every station, on profile 3 known by its certificate's serial. Returns the made passwords."""
    made: dict[str, str] = {}
    async with open_deployment(load_settings(settings)) as deployment:
        for identity, serial, profile, password in stations:
            order = EnrolmentOrder(
                station=StationId(identity),
                profile=SecurityProfile(profile),
                actor="benchmark",
                serial=serial,
                password=Secret(password.encode()) if password else None,
            )
            enrolled = await enroll_station(
                deployment.store, order, deployment.password_keys, deployment.clock, deployment.entropy
            )
            if enrolled.password is not None:
                made[identity] = enrolled.password.reveal().decode()
    return made


if __name__ == "__main__":
    print(json.dumps(asyncio.run(register_fleet(Path(sys.argv[1]), json.load(sys.stdin)))))

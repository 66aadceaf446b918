"""`voltward station set | quarantine | release | retire`: orders about one that is registered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import Options, actor, print_facts, print_json, print_line, run
from voltward.cli.parameters import Tenant
from voltward.cli.station.station_orders import Indulgence, RecordChange, change_of
from voltward.cli.words import station_facts
from voltward.domain.station import Lane, StationId
from voltward.settings import load_settings
from voltward.usecases.fleet.change_station import (
    change_station,
    quarantine_station,
    release_station,
    retire_station,
)

_AS_IT_IS, _NONE = RecordChange(), Indulgence()


def set_(
    identity: str,
    *,
    record: RecordChange = _AS_IT_IS,
    indulgence: Indulgence = _NONE,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """Change a record: group, site, serial, profile, floor; a dated allowance; a dated exception."""
    change = change_of(record, indulgence)

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            deployment.check_waivable(change.exception)
            station = await change_station(
                deployment.store, StationId.read(identity, tenant), change, actor(), deployment.clock
            )
            remarks = deployment.remarks_on_group(station.group)
        _say(station_facts(station), options, remarks)

    run(story())


def quarantine(
    identity: str,
    *,
    reason: str,
    lane: Literal["unproven", "repair"] | None = None,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """Keep a station to security housekeeping; a live link follows within a second."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            chosen = Lane(lane) if lane is not None else None
            station = await quarantine_station(
                deployment.store, StationId.read(identity, tenant), chosen, reason, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


def release(identity: str, *, reason: str = "", tenant: Tenant = None, options: Options = Options()) -> None:
    """End a quarantine that was ordered."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            station = await release_station(
                deployment.store, StationId.read(identity, tenant), reason, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


def retire(identity: str, *, reason: str = "", tenant: Tenant = None, options: Options = Options()) -> None:
    """Take a station out of service for good: its credentials end, its link is closed."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            station = await retire_station(
                deployment.store, StationId.read(identity, tenant), reason, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


def _say(facts: dict[str, object], options: Options, remarks: Sequence[str] = ()) -> None:
    if options.json:
        print_json({**facts, "remarks": list(remarks)})
        return
    print_facts(facts)
    for remark in remarks:
        print_line(f"note: {remark}")

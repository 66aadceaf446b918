"""`voltward station anchors`: which authorities stations trust, as they told it themselves."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.authority.known_anchors import known_anchors
from voltward.bootstrap.authority.renewal_orders import renewal_plan
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.cli.frame import Options, actor, print_json, print_line, run
from voltward.cli.parameters import Flag, Tenant
from voltward.cli.station.anchor_words import inventory_facts, inventory_lines
from voltward.domain.station import Standing, StationId
from voltward.settings import load_settings
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.read_anchors import order_readings
from voltward.usecases.trust.anchor_inventory import certificate_names, read_inventory
from voltward.usecases.views.queries import list_stations, show_station
from voltward.usecases.views.selection import Selection


def anchors(
    identity: str | None = None,
    /,
    *,
    group: str | None = None,
    read: Annotated[
        Flag, Parameter(help="Ask them again; the list follows when they have answered.")
    ] = False,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """Which certificates stations hold: one, a group, or all. `--read` asks them again."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            stations = await _chosen(deployment, identity, Selection(group, tenant))
            if read:
                patience = renewal_plan(deployment.settings).terms.ask_patience
                moment = Moment(deployment.clock.now(), deployment.entropy, actor())
                await order_readings(deployment.store, stations, patience, moment)
            names = certificate_names(known_anchors(deployment.settings))
            told = {station: await read_inventory(deployment.store, station) for station in stations}
        if options.json:
            print_json([{"station": str(one), **inventory_facts(told[one], names)} for one in stations])
            return
        for station in stations:
            for line in inventory_lines(told[station], names):
                print_line(f"{station}  {line}")
        if read:
            print_line(f"{len(stations)} stations are asked as soon as they are there.")

    run(story())


async def _chosen(deployment: Deployment, identity: str | None, selection: Selection) -> list[StationId]:
    if identity is not None:
        return [(await show_station(deployment.store, StationId.read(identity, selection.tenant))).station.id]
    await deployment.check_selection(selection)
    entries = await list_stations(deployment.store, selection)
    return [entry.station.id for entry in entries if entry.station.standing is not Standing.RETIRED]

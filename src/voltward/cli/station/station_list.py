"""`voltward station list`: all of the registry, or a selection of it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import Options, print_json, print_line, print_table, run
from voltward.cli.parameters import Flag, Tenant
from voltward.cli.station.station_findings import tell_findings
from voltward.cli.words import station_facts, station_row
from voltward.settings import load_settings
from voltward.usecases.views.queries import list_stations
from voltward.usecases.views.selection import WHOLE_FLEET, Selection
from voltward.usecases.views.weak_stations import list_weak_stations


def list_(
    *,
    group: str | None = None,
    site: str | None = None,
    tenant: Tenant = None,
    findings: Annotated[Flag, Parameter(help="Those with weak passwords alone.")] = False,
    options: Options = Options(),
) -> int:
    """All stations: profile, floor, standing, proof; or those of a group, at a site, of a tenant."""
    selection = Selection(group, tenant, site)

    async def story() -> int:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            await deployment.check_selection(selection)
            if findings:
                weak = await list_weak_stations(deployment.store, selection)
                return tell_findings(weak, deployment.clock.now(), as_json=options.json)
            entries = await list_stations(deployment.store, selection)
        if options.json:
            print_json([station_facts(entry.station, entry.credentials) for entry in entries])
        elif not entries and selection != WHOLE_FLEET:
            print_line(f"No station is registered {selection}.")
        elif not entries:
            print_line("No station is registered yet. `voltward station add ID` registers one.")
        else:
            print_table(
                ("station", "profile", "floor", "standing", "group", "site", "serial", "proof"),
                (station_row(entry) for entry in entries),
            )
        return 0

    return run(story())

"""`voltward station show | explain`: all that is known of one station."""

from __future__ import annotations

from voltward.bootstrap.authority.known_anchors import known_anchors
from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import Options, print_facts, print_json, print_line, run
from voltward.cli.lifecycle import lifecycle_facts, phase_words
from voltward.cli.parameters import Tenant
from voltward.cli.station.acquaintance_words import acquaintance_facts, acquaintance_lines
from voltward.cli.station.anchor_words import inventory_facts, inventory_lines
from voltward.cli.station.station_findings import finding_facts, finding_lines
from voltward.cli.words import allowance_words, credential_words, exception_words, station_facts
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.usecases.trust.anchor_inventory import certificate_names, read_inventory
from voltward.usecases.views.certificate_calendar import lifecycles_of
from voltward.usecases.views.explain_station import explain_station
from voltward.usecases.views.queries import acquaintance_of, show_station
from voltward.usecases.views.weak_stations import station_finding


def show(identity: str, *, tenant: Tenant = None, options: Options = Options()) -> None:
    """One station's record, credentials and exceptions, and how it comes."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            entry = await show_station(deployment.store, StationId.read(identity, tenant))
            known = await acquaintance_of(deployment.store, entry.station.id)
            finding, now = await station_finding(deployment.store, entry), deployment.clock.now()
            under_way = await lifecycles_of(deployment.store, entry.station.id)
            inventory = await read_inventory(deployment.store, entry.station.id)
            names = certificate_names(known_anchors(deployment.settings)) if inventory.held else {}
        if options.json:
            facts = station_facts(entry.station, entry.credentials, entry.exceptions)
            told = {"findings": finding_facts(finding, now), "seen": acquaintance_facts(known)}
            more = {"lifecycles": [lifecycle_facts(each) for each in under_way]}
            print_json({**facts, **told, **more, "anchors": inventory_facts(inventory, names)})
            return
        print_facts(station_facts(entry.station))
        if entry.station.allowance is not None:
            print_line(f"allowance: {allowance_words(entry.station.allowance)}")
        for credential in entry.credentials:
            print_line(f"credential: {credential_words(credential)}")
        for exception in entry.exceptions:
            print_line(f"exception: {exception_words(exception)}")
        for each in under_way:
            print_line(f"{each.kind}: {phase_words(each)}")
        for line in (*finding_lines(finding, now), *acquaintance_lines(known)):
            print_line(line)
        for line in inventory_lines(inventory, names):
            print_line(line)

    run(story())


def explain(identity: str, *, tenant: Tenant = None, options: Options = Options()) -> None:
    """For whoever is on call: the last handshake, what decided, and what to do."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            explained = await explain_station(
                deployment.store,
                deployment.journal,
                deployment.rulebook,
                StationId.read(identity, tenant),
                deployment.clock,
            )
            under_way = await lifecycles_of(deployment.store, explained.station)
        if options.json:
            print_json({**explained.as_facts(), "lifecycles": [lifecycle_facts(each) for each in under_way]})
            return
        for line in explained.lines():
            print_line(line)
        for each in under_way:
            print_line(f"Under way, {each.kind}: {phase_words(each)}")

    run(story())

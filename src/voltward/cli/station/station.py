"""`voltward station ...`: the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from cyclopts import App, Parameter

from voltward.bootstrap.authority.known_anchors import known_anchors
from voltward.bootstrap.authority.renewal_orders import issuing
from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import Options, actor, print_facts, print_json, print_line, print_table, run
from voltward.cli.lifecycle import lifecycle_facts, phase_words
from voltward.cli.station.acquaintance_words import acquaintance_facts, acquaintance_lines
from voltward.cli.station.anchor_words import inventory_facts, inventory_lines
from voltward.cli.station.station_findings import finding_facts, finding_lines, tell_findings
from voltward.cli.station.station_orders import (
    Flag,
    Indulgence,
    NewCredential,
    NewStation,
    RecordChange,
    Tenant,
    change_of,
)
from voltward.cli.words import allowance_words, credential_words, exception_words, station_facts, station_row
from voltward.domain.station import Lane, StationId
from voltward.settings import load_settings
from voltward.usecases.fleet.change_station import (
    change_station,
    quarantine_station,
    release_station,
    retire_station,
)
from voltward.usecases.fleet.enroll_station import Enrolled, enroll_station
from voltward.usecases.fleet.replace_credential import replace_credential
from voltward.usecases.trust.anchor_inventory import certificate_names, read_inventory
from voltward.usecases.views.certificate_calendar import lifecycles_of
from voltward.usecases.views.explain_station import explain_station
from voltward.usecases.views.queries import acquaintance_of, list_stations, show_station
from voltward.usecases.views.selection import WHOLE_FLEET, Selection
from voltward.usecases.views.weak_stations import list_weak_stations, station_finding

app = App(
    name="station",
    help="The registry: add, import, list, show, set, raise, quarantine, release, retire, recommission, "
    "explain.",
)
app.command(
    "voltward.cli.station.station_import:import_",
    name="import",
    help="Take a fleet over from CSV or JSON (`-`: standard input). Doing it again changes nothing.",
)
app.command(
    "voltward.cli.station.station_quirk:quirk",
    name="quirk",
    help="Let one station do something otherwise, until a date; or end that.",
)
app.command(
    "voltward.cli.station.station_raise:raise_",
    name="raise",
    help="Lead stations to a higher security profile; what they have goes on until the new one is proven.",
)
app.command(
    "voltward.cli.station.station_anchors:anchors",
    name="anchors",
    help="Which authorities stations trust, as they told it; `--read` asks them again.",
)
app.command(
    "voltward.cli.station.station_recommission:recommission",
    name="recommission",
    help="New hardware under an old identity: what the old one had is denied, a password is told once.",
)
app.command(
    "voltward.cli.station.csms_password:csms_password",
    name="csms-password",
    help="The password that a station has at its CSMS: keep it sealed, or remove it.",
)
_ORDINARY, _MADE, _AS_IT_IS, _NONE = NewStation(), NewCredential(), RecordChange(), Indulgence()


@app.command
def add(
    identity: str, *, new: NewStation = _ORDINARY, tenant: Tenant = None, options: Options = Options()
) -> None:
    """Register a station; prints its password once."""
    order = new.order(StationId.read(identity, tenant))

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            deployment.check_tenant(order.station)
            first = replace(order, issuing=issuing(deployment.settings))
            enrolled = await enroll_station(
                deployment.store, first, deployment.password_keys, deployment.clock, deployment.entropy
            )
            remarks = (*enrolled.remarks, *deployment.remarks_on_group(enrolled.station.group))
        _say_enrolled(replace(enrolled, remarks=remarks), options)

    run(story())


@app.command(name="list")
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


@app.command
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


@app.command(name="set")
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


@app.command
def credential(
    identity: str, *, new: NewCredential = _MADE, tenant: Tenant = None, options: Options = Options()
) -> None:
    """Give a station another credential; a made password is told once. The old one opens the repair lane."""
    order = new.order(StationId.read(identity, tenant))

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            given = await replace_credential(
                deployment.store, order, deployment.password_keys, deployment.clock, deployment.entropy
            )
        _say_enrolled(given, options)

    run(story())


@app.command
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


@app.command
def release(identity: str, *, reason: str = "", tenant: Tenant = None, options: Options = Options()) -> None:
    """End a quarantine that was ordered."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            station = await release_station(
                deployment.store, StationId.read(identity, tenant), reason, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


@app.command
def retire(identity: str, *, reason: str = "", tenant: Tenant = None, options: Options = Options()) -> None:
    """Take a station out of service for good: its credentials end, its link is closed."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            station = await retire_station(
                deployment.store, StationId.read(identity, tenant), reason, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


@app.command
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


def _say_enrolled(enrolled: Enrolled, options: Options) -> None:
    said = station_facts(enrolled.station)
    if enrolled.password is not None:
        # The one place where a password is shown: once, to whoever ordered it.
        said["password"] = enrolled.password.reveal().decode("ascii")
    if options.json:
        print_json({**said, "remarks": list(enrolled.remarks)})
        return
    print_facts(said)
    for remark in enrolled.remarks:
        print_line(f"note: {remark}")
    if enrolled.password is not None and not enrolled.station.profile.uses_password:
        print_line(
            "It comes with this password on profile 2, gets its certificate at once, and is raised to 3 when "
            "that is proven: `voltward lifecycle list`."
        )
    if enrolled.password is not None:
        print_line(
            "The password is shown this once. A station that wants text gets it as it stands; "
            "one that wants an AuthorizationKey, the 20 octets that it spells."
        )


def _say(facts: dict[str, object], options: Options, remarks: Sequence[str] = ()) -> None:
    if options.json:
        print_json({**facts, "remarks": list(remarks)})
        return
    print_facts(facts)
    for remark in remarks:
        print_line(f"note: {remark}")

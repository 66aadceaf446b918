"""`voltward station ...`: the registry."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from voltward.bootstrap import open_deployment
from voltward.cli.frame import Options, actor, print_facts, print_json, print_line, print_table, run
from voltward.cli.reading import one_certificate, read_date, read_password
from voltward.cli.words import allowance_words, credential_words, station_facts, station_row
from voltward.domain.errors import OperatorFault
from voltward.domain.finding import ControlException
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import DEFAULT_GROUP, Lane, StationId
from voltward.settings import load_settings
from voltward.usecases.change_station import (
    StationChange,
    change_station,
    quarantine_station,
    release_station,
    retire_station,
)
from voltward.usecases.enroll_station import EnrolmentOrder, enroll_station
from voltward.usecases.explain_station import explain_station
from voltward.usecases.queries import list_stations, show_station

app = App(name="station", help="The registry: add, list, show, set, quarantine, release, retire, explain.")
Profile = Literal[1, 2, 3]


@app.command
def add(
    identity: str,
    *,
    profile: Profile = 2,
    serial: str | None = None,
    group: str = DEFAULT_GROUP,
    certificate: Path | None = None,
    password_file: Annotated[
        str | None, Parameter(help="A password that people made; `-` reads standard input.")
    ] = None,
    options: Options = Options(),
) -> None:
    """Register a station; prints its password once."""
    order = EnrolmentOrder(
        station=StationId(identity),
        profile=SecurityProfile(profile),
        actor=actor(),
        serial=serial,
        group=group,
        password=read_password(password_file) if password_file is not None else None,
        certificate=one_certificate(certificate) if certificate is not None else None,
    )

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            enrolled = await enroll_station(
                deployment.store, order, deployment.password_keys, deployment.clock, deployment.entropy
            )
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
        if enrolled.password is not None:
            print_line(
                "The password is shown this once. 2.x stations use the text, 1.6 stations its 20 octets as AuthorizationKey."
            )

    run(story())


@app.command(name="list")
def list_(*, group: str | None = None, options: Options = Options()) -> None:
    """All stations: profile, floor, standing, proof."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            entries = await list_stations(deployment.store, group)
        if options.json:
            print_json([station_facts(entry.station, entry.credentials) for entry in entries])
        elif not entries:
            print_line("No station is registered yet. `voltward station add ID` registers one.")
        else:
            print_table(
                ("station", "profile", "floor", "standing", "group", "serial", "proof"),
                (station_row(entry) for entry in entries),
            )

    run(story())


@app.command
def show(identity: str, *, options: Options = Options()) -> None:
    """One station's record, credentials and exceptions."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            entry = await show_station(deployment.store, StationId(identity))
        if options.json:
            print_json(station_facts(entry.station, entry.credentials, entry.exceptions))
            return
        print_facts(station_facts(entry.station))
        if entry.station.allowance is not None:
            print_line(f"allowance: {allowance_words(entry.station.allowance)}")
        for credential in entry.credentials:
            print_line(f"credential: {credential_words(credential)}")
        for exception in entry.exceptions:
            print_line(
                f"exception: {exception.control} until {exception.until:%Y-%m-%d} ({exception.owner}: {exception.reason})"
            )

    run(story())


@app.command(name="set")
def set_(
    identity: str,
    *,
    group: str | None = None,
    serial: str | None = None,
    profile: Profile | None = None,
    floor: Profile | None = None,
    lower_floor: Annotated[bool, Parameter(negative=())] = False,
    allow_profile: Profile | None = None,
    end_allowance: Annotated[bool, Parameter(negative=())] = False,
    except_: Annotated[str | None, Parameter(name="--except")] = None,
    end_exception: str | None = None,
    until: str | None = None,
    owner: str | None = None,
    reason: str | None = None,
    options: Options = Options(),
) -> None:
    """Change a record: group, serial, profile, floor; a dated allowance; a dated exception from a control."""
    change = StationChange(
        group=group,
        serial=serial,
        profile=SecurityProfile(profile) if profile is not None else None,
        floor=SecurityProfile(floor) if floor is not None else None,
        lower_floor=lower_floor,
        allowance=_allowance(allow_profile, until, owner, reason),
        end_allowance=end_allowance,
        exception=_exception(except_, until, owner, reason),
        end_exception=end_exception,
    )
    if change == StationChange():
        raise OperatorFault("nothing to change.", mend="`voltward station set --help` lists what can be set.")

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            deployment.check_waivable(change.exception)
            station = await change_station(
                deployment.store, StationId(identity), change, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


@app.command
def quarantine(
    identity: str,
    *,
    reason: str,
    lane: Literal["unproven", "repair"] | None = None,
    options: Options = Options(),
) -> None:
    """Keep a station to security housekeeping; a live link follows within a second."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            chosen = Lane(lane) if lane is not None else None
            station = await quarantine_station(
                deployment.store, StationId(identity), chosen, reason, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


@app.command
def release(identity: str, *, reason: str = "", options: Options = Options()) -> None:
    """End a quarantine that was ordered."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            station = await release_station(
                deployment.store, StationId(identity), reason, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


@app.command
def retire(identity: str, *, reason: str = "", options: Options = Options()) -> None:
    """Take a station out of service for good: its credentials end, its link is closed."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            station = await retire_station(
                deployment.store, StationId(identity), reason, actor(), deployment.clock
            )
        _say(station_facts(station), options)

    run(story())


@app.command
def explain(identity: str, *, options: Options = Options()) -> None:
    """For whoever is on call: the last handshake, what decided, and what to do."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            explained = await explain_station(
                deployment.store,
                deployment.journal,
                deployment.rulebook,
                StationId(identity),
                deployment.clock,
            )
        if options.json:
            print_json(explained.as_facts())
            return
        for line in explained.lines():
            print_line(line)

    run(story())


def _allowance(
    profile: int | None, until: str | None, owner: str | None, reason: str | None
) -> Allowance | None:
    if profile is None:
        return None
    when, who, why = _dated("--allow-profile", until, owner, reason)
    return Allowance(SecurityProfile(profile), when, who, why)


def _exception(
    control: str | None, until: str | None, owner: str | None, reason: str | None
) -> ControlException | None:
    if control is None:
        return None
    when, who, why = _dated("--except", until, owner, reason)
    return ControlException(control, when, who, why)


def _dated(
    option: str, until: str | None, owner: str | None, reason: str | None
) -> tuple[datetime, str, str]:
    if until is None or owner is None or reason is None:
        raise OperatorFault(
            f"{option} needs an end, an owner and a reason.",
            mend="Add --until DATE --owner NAME --reason TEXT.",
        )
    return read_date(until), owner, reason


def _say(facts: dict[str, object], options: Options) -> None:
    if options.json:
        print_json(facts)
    else:
        print_facts(facts)

"""`voltward posture ...`: what the fleet is ready for, by what was seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from voltward.bootstrap.authority.published_lists import published_lists
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.gateway.group_orders import observed_of
from voltward.bootstrap.parts_beside import parts_beside
from voltward.cli.frame import FINDINGS, Options, print_json, print_line, print_table, run
from voltward.domain.observing import ObserveTerms
from voltward.domain.part import SILENCE
from voltward.domain.station import DEFAULT_GROUP
from voltward.settings import Settings, load_settings
from voltward.usecases.rounds.signs_of_life import PartSeen, look_at_parts
from voltward.usecases.views.assess_lists import ListFinding, assess_other_lists, assess_own_list
from voltward.usecases.views.assess_own_certificate import TurnedDown, assess_own_certificate
from voltward.usecases.views.assess_posture import NO_GROUP, DoorFinding, DoorPosture, assess_door, by_control
from voltward.usecases.views.assess_tls import Loss, TlsFinding, TlsPosture, TlsQuestion, assess_tls
from voltward.usecases.views.selection import Selection

app = App(name="posture", help="What the fleet is ready for, by what was seen of it.")
app.command(
    "voltward.cli.posture_quirks:quirks",
    name="quirks",
    help="What is tolerated, of whom, until when, and what that costs.",
)
Everyone = Annotated[bool, Parameter(name="--all", negative=(), help="List all stations, not only findings.")]
Group = Annotated[str | None, Parameter(help="Only the stations of this group.")]
_NAMED = 5  # stations of one source; a balancer has thousands
_STATIC_RSA = "TLS-07"  # the control that lists those suites


@app.command
def door(*, group: Group = None, everyone: Everyone = False, options: Options = Options()) -> int:
    """Who is ready to be enforced, who is not and why. Exit status 1 if somebody is not."""

    async def story() -> int:
        settings = load_settings(options.config, options.set)
        async with open_deployment(settings) as deployment:
            await deployment.check_selection(Selection(group))
            posture = await assess_door(deployment.store, deployment.rulebook, group, everyone=everyone)
            now = deployment.clock.now()
        if options.json:
            print_json(_door_facts(posture, settings, now))
        else:
            _say_door(posture, settings, now, group)
        return 0 if posture.is_ready else FINDINGS

    return run(story())


@app.command
def tls(
    *,
    without: Annotated[
        Literal["tls-rsa", "tls1.2"] | None, Parameter(help="Ask about this loss only.")
    ] = None,
    group: Group = None,
    everyone: Everyone = False,
    options: Options = Options(),
) -> int:
    """Who would break without TLS_RSA suites, or without TLS 1.2. Exit status 1 if somebody would."""
    losses = (Loss(without),) if without is not None else tuple(Loss)

    async def story() -> int:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            await deployment.check_selection(Selection(group))
            static_rsa = deployment.rulebook.by_id[_STATIC_RSA].parameters["static_rsa"]
            question = TlsQuestion(losses, static_rsa, group, everyone)
            postures = await assess_tls(deployment.store, question, deployment.clock.now())
        if options.json:
            print_json({posture.loss.value: _tls_facts(posture) for posture in postures})
        else:
            for posture in postures:
                _say_tls(posture)
        return 0 if all(posture.is_harmless for posture in postures) else FINDINGS

    return run(story())


@app.command
def parts(*, options: Options = Options()) -> int:
    """Whether the processes beside the gateway give signs of life. Exit status 1 if one is silent."""

    async def story() -> list[PartSeen]:
        settings = load_settings(options.config, options.set)
        async with open_deployment(settings) as deployment:
            return await look_at_parts(deployment.store, parts_beside(settings), deployment.clock.now())

    seen = run(story())
    if options.json:
        print_json([_part_facts(one) for one in seen])
    else:
        words = ((one.part.value, "silent" if one.is_silent else "alive", _date(one.at)) for one in seen)
        print_table(("part", "state", "last sign"), words)
        for one in seen:
            if one.is_silent:
                print_line(f"{one.part}: {SILENCE[one.part].means} {SILENCE[one.part].mend}")
    return FINDINGS if any(one.is_silent for one in seen) else 0


def _part_facts(one: PartSeen) -> dict[str, object]:
    said = SILENCE[one.part] if one.is_silent else None
    return {
        "part": one.part.value,
        "silent": one.is_silent,
        "last_sign": one.at,
        "means": said.means if said is not None else None,
        "mend": said.mend if said is not None else None,
    }


@app.command(name="server-certificate")
def server_certificate(*, options: Options = Options()) -> int:
    """Who turned our server certificate down in the last 30 days. Exit status 1 if somebody did."""

    async def story() -> int:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            now = deployment.clock.now()
            found = await assess_own_certificate(deployment.store, deployment.journal, now)
        if options.json:
            print_json([asdict(turned) for turned in found])
        elif found:
            print_table(
                ("source", "stations from there", "why", "times", "first", "last", "asked for"),
                (_turned_row(turned) for turned in found),
            )
        else:
            print_line("Nobody turned our server certificate down in the last 30 days.")
        return FINDINGS if found else 0

    return run(story())


@app.command
def lists(*, options: Options = Options()) -> int:
    """How old lists of revoked certificates are: ours, and others'. Exit status 1 if one wants somebody."""

    async def story() -> int:
        settings = load_settings(options.config, options.set)
        published = await published_lists(settings)
        async with open_deployment(settings) as deployment:
            now = deployment.clock.now()
            found = [assess_own_list(one, now) for one in published]
            found += await assess_other_lists(deployment.store, now)
        if options.json:
            print_json([{**asdict(one), "worrying": one.is_worrying} for one in found])
        elif found:
            print_table(("list of", "is", "until", "which means"), (_list_row(one) for one in found))
        else:
            print_line("There is no authority of ours here, and none of others goes by a list.")
        return FINDINGS if any(one.is_worrying for one in found) else 0

    return run(story())


def _list_row(one: ListFinding) -> tuple[str, ...]:
    whose = one.authority if one.is_ours else f"{one.authority} (not ours)"
    return (whose, one.state.value, _date(one.next_update), f"{one.meaning} {one.mend}".strip())


def _turned_row(turned: TurnedDown) -> tuple[str, ...]:
    known, more = turned.stations[:_NAMED], len(turned.stations) - _NAMED
    stations = ", ".join(known) + (f" and {more} more" if more > 0 else "")
    times = (_date(turned.first), _date(turned.last))
    return (
        turned.source,
        stations or "-",
        turned.reason or turned.alert,
        str(turned.times),
        *times,
        turned.server_name or "-",
    )


def _terms(settings: Settings, group: str, now: datetime) -> ObserveTerms | None:
    """As the door finds them: a group without a table has the default's."""
    observed = observed_of(settings, now)
    terms = observed.get(group if group in settings.group else DEFAULT_GROUP)
    return terms if terms is not None and terms.hold(now) else None


def _door_facts(posture: DoorPosture, settings: Settings, now: datetime) -> dict[str, object]:
    groups: list[dict[str, object]] = []
    for group, counts in sorted(posture.counts.items()):
        terms = _terms(settings, group, now) if group != NO_GROUP else None
        groups.append(
            {
                "group": group or None,
                "observed_until": terms.until if terms is not None else None,
                **{word.value.replace(" ", "_"): number for word, number in sorted(counts.items())},
            }
        )
    stations = [finding.as_facts() for finding in posture.findings]
    return {"ready": posture.is_ready, "groups": groups, "stations": stations}


def _say_door(posture: DoorPosture, settings: Settings, now: datetime, group: str | None) -> None:
    if not posture.counts:
        where = "here, and none was seen" if group is None else f"in the group {group}"
        print_line(f"No station is registered {where}.")
        return
    for name, counts in sorted(posture.counts.items()):
        if name == NO_GROUP:
            print_line(f"Not registered: {_counted(counts)}.")
            continue
        terms = _terms(settings, name, now)
        mode = f"observed until {terms.until:%Y-%m-%d %H:%M} UTC" if terms is not None else "enforced"
        print_line(f"Group {name}, {mode}: {_counted(counts)}.")
    if posture.findings:
        print_table(
            ("station", "group", "is", "would be", "control", "why", "last seen", "CSMS took its header"),
            (_door_row(finding) for finding in posture.findings),
        )
    for control, title, remedy, number in by_control(posture):
        print_line(f"{control} ({title}), {number} station{'s' if number > 1 else ''}: {remedy}")
    if posture.is_ready:
        print_line("Nobody was seen who would be turned away. Who was never seen may be.")


def _door_row(finding: DoorFinding) -> tuple[str, ...]:
    answers = {"refuse": "refused", "quarantine": "quarantined", "": "-"}
    return (
        str(finding.station),
        finding.group or "-",
        finding.readiness.value,
        answers.get(finding.would, finding.would),
        finding.control or "-",
        finding.detail or "-",
        _date(finding.last_seen),
        "yes" if finding.csms_took_header else "-",
    )


def _tls_facts(posture: TlsPosture) -> dict[str, object]:
    return {
        "harmless": posture.is_harmless,
        **{outlook.value.replace(" ", "_"): number for outlook, number in sorted(posture.counts.items())},
        "stale": posture.stale,
        "stations": [finding.as_facts() for finding in posture.findings],
    }


def _say_tls(posture: TlsPosture) -> None:
    print_line(f"Without {posture.loss.value}: {_counted(posture.counts) or 'nobody is known'}.")
    if posture.stale:
        print_line(f"{posture.stale} of those that would go on were not seen for 30 days and more.")
    if posture.findings:
        print_table(
            ("station", "group", "outlook", "last", "last seen", "last needed it", "handshakes", "sure"),
            (_tls_row(finding) for finding in posture.findings),
        )


def _tls_row(finding: TlsFinding) -> tuple[str, ...]:
    return (
        str(finding.station),
        finding.group or "-",
        finding.outlook.value,
        f"{finding.tls} {finding.suite}".strip() or "-",
        _date(finding.last_seen),
        _date(finding.last_needed),
        str(finding.handshakes),
        "yes" if finding.is_fresh else "not seen lately",
    )


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{number} {word}" for word, number in sorted(counts.items()))


def _date(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else "-"

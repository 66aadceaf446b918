"""`voltward simulate`: stations, good and misbehaving, one or ten thousand, and named attacks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap import SystemClock
from voltward.cli.frame import FINDINGS, JSON_FLAG, print_facts, print_json, print_line, print_table, run
from voltward.cli.simulate.simulated_attacks import choose_attacks, make_target
from voltward.cli.simulate.simulated_stations import (
    Crowd,
    Habits,
    Wardrobe,
    make_members,
    open_token,
    profile_of,
    read_dialects,
    read_endpoint,
    read_faults,
    read_habits,
)
from voltward.domain.errors import OperatorFault
from voltward.domain.quantities import parse_duration
from voltward.simulator.attacks.table import ATTACKS, carry_out_all
from voltward.simulator.attacks.target import AttackResult
from voltward.simulator.certificates import KeyKind
from voltward.simulator.faults import FAULT_WORDS
from voltward.simulator.fleet import FleetPlan, FleetSummary, Member, run_fleet

_STEPS = 20  # lines of progress, about
Names = list[str]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Stations:
    """Who they are."""

    count: Annotated[int, Parameter(help="How many.")] = 1
    identities: Annotated[str, Parameter(help="Their names, as in 'CP{n:05}'.")] = "CP{n:03}"
    serials: Annotated[str, Parameter(help="Their serial numbers.")] = "SN-{identity}"
    dialect: Annotated[Names, Parameter(help="What they speak, by turns; all versions.", negative=())] = (
        field(default_factory=Names)
    )
    fault: Annotated[Names, Parameter(help="How they misbehave; see --list.", negative=())] = field(
        default_factory=Names
    )


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Credentials:
    """What they prove themselves with."""

    profile: Annotated[int | None, Parameter(help="Refuse to start with another profile than this.")] = None
    password_file: Annotated[str | None, Parameter(help="One password for all; `-`: standard input.")] = None
    passwords: Annotated[Path | None, Parameter(help="CSV: identity, password.")] = None
    certificate: Annotated[Path | None, Parameter(help="One certificate for all, with its chain.")] = None
    key: Annotated[Path | None, Parameter(help="Its key.")] = None
    certificates: Annotated[Path | None, Parameter(help="A folder of IDENTITY.pem and IDENTITY.key.")] = None
    keep: Annotated[
        Path | None,
        Parameter(help="A folder in which they keep certificates, roots and settings for the next time."),
    ] = None
    new_keys: Annotated[str, Parameter(help="What they ask certificates for: ec or rsa.")] = KeyKind.EC.value
    token: Annotated[
        Path | None, Parameter(help="The PKCS #11 library of a token that their new keys are made in.")
    ] = None
    token_label: Annotated[str, Parameter(help="Which token.")] = "stations"
    token_pin_file: Annotated[Path | None, Parameter(help="The file with its PIN.")] = None
    hash_algorithm: Annotated[str, Parameter(help="How they name their roots: SHA256, SHA384 or SHA512.")] = (
        "SHA256"
    )


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Work:
    """How they go to work."""

    rate: Annotated[float, Parameter(help="New connections per second.")] = 100.0
    at_once: Annotated[int, Parameter(help="The most at one time.")] = 200
    duration: Annotated[str, Parameter(help="How long each stays after its day, as in '10 min'.")] = "0 s"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Manner:
    """What else."""

    attack: Annotated[Names, Parameter(help="Attack instead: a name, or `all`.", negative=())] = field(
        default_factory=Names
    )
    ca: Annotated[Path | None, Parameter(help="Roots that the server must chain to (PEM).")] = None
    i_own_this_host: Annotated[bool, Parameter(negative=(), help="It is another machine, and yours.")] = False
    list: Annotated[bool, Parameter(negative=(), help="Show the faults and the attacks.")] = False
    json: Annotated[bool, Parameter(name=JSON_FLAG, negative=(), help="Print JSON.")] = False


def simulate(
    url: str = "",
    *,
    stations: Stations = Stations(),
    credentials: Credentials = Credentials(),
    work: Work = Work(),
    manner: Manner = Manner(),
) -> int:
    """Send stations to a CSMS: each boots, has its day with a charge, and leaves. Or attack it, by name.

    Exit status 1 if a station did not get its day done, or an attack got through.
    """
    if manner.list:
        _list(json=manner.json)
        return 0
    members = _members(url, stations, credentials, manner)
    if manner.attack:
        return _attack(members, manner)
    return _work(members, work, json=manner.json)


def _members(url: str, stations: Stations, credentials: Credentials, manner: Manner) -> list[Member]:
    if not url:
        raise OperatorFault("there is no address.", mend="As in voltward simulate wss://127.0.0.1:8443/ocpp.")
    if stations.count < 1:
        raise OperatorFault("there is nobody to send.", mend="--count 1 or more.")
    endpoint = read_endpoint(url, manner.ca, owned=manner.i_own_this_host)
    crowd = Crowd(
        stations.count,
        stations.identities,
        stations.serials,
        read_dialects(stations.dialect),
        read_faults(stations.fault),
    )
    wardrobe = Wardrobe(
        credentials.password_file,
        credentials.passwords,
        credentials.certificate,
        credentials.key,
        credentials.certificates,
    )
    members = make_members(crowd, wardrobe, endpoint, _habits(credentials))
    if credentials.profile is not None:
        check_profile(members, credentials.profile)
    return members


def _habits(credentials: Credentials) -> Habits:
    habits = read_habits(credentials.keep, credentials.new_keys, credentials.hash_algorithm)
    if credentials.token is None:
        return habits
    return replace(
        habits, token=open_token(credentials.token, credentials.token_label, credentials.token_pin_file)
    )


def check_profile(members: Sequence[Member], profile: int) -> None:
    """OperatorFault for the first station that would come in on another profile."""
    for member in members:
        used = profile_of(member)
        if used != profile:
            raise OperatorFault(
                f"with this address and credential it comes on profile {used or 'none'}, not {profile}.",
                mend="1: ws:// and a password. 2: wss:// and a password. 3: wss:// and a certificate.",
                subject=member.identity,
            )


def _work(members: list[Member], work: Work, *, json: bool) -> int:
    if work.rate <= 0 or work.at_once < 1:
        raise OperatorFault("nobody would ever go.", mend="--rate above 0, --at-once 1 or more.")
    try:
        stay = parse_duration(work.duration)
    except ValueError as error:
        raise OperatorFault(f"--duration: {error}.", mend="As in --duration '10 min'.") from error
    plan = FleetPlan(at_once=work.at_once, per_second=work.rate, stay_seconds=stay)
    summary = run(run_fleet(members, plan, SystemClock(), _progress))
    if json:
        print_json({"ok": summary.ok, **asdict(summary)})
    else:
        print_facts(summary_facts(summary))
    return 0 if summary.ok else FINDINGS


def summary_facts(summary: FleetSummary) -> dict[str, object]:
    """What a fleet met, as names and values for people."""
    tally, connecting, answering = summary.messages, summary.connecting, summary.answering
    facts: dict[str, object] = {
        "stations": summary.stations,
        "connected": summary.connected,
        "day done": summary.done,
        "messages": f"{tally.said} said, {tally.answered} answered, {tally.asked} calls of the CSMS",
        "connecting": f"p50 {connecting.p50:.0f} ms, p99 {connecting.p99:.0f} ms",
        "answering": f"p50 {answering.p50:.0f} ms, p99 {answering.p99:.0f} ms",
        "took": f"{summary.seconds:.1f} s",
    }
    lost = {
        "refused with an error": tally.refused,
        "never answered": tally.timed_out,
        "unreadable": tally.unreadable,
        "answers to nothing": tally.unasked,
    }
    facts.update({name: count for name, count in lost.items() if count})
    facts.update({f"not let in: {words}": count for words, count in summary.refused.items()})
    facts.update({f"left: {words}": count for words, count in summary.left.items()})
    return facts


def _progress(finished: int, everybody: int) -> None:
    if finished == everybody or finished % max(1, everybody // _STEPS) == 0:
        sys.stderr.write(f"{finished} of {everybody}\n")


def _attack(members: list[Member], manner: Manner) -> int:
    target = make_target(members, SystemClock().now())
    attacks, left_out = choose_attacks(manner.attack, target)
    results = run(carry_out_all(attacks, target, _told))
    ok = bool(results) and all(result.held for result in results)
    if manner.json:
        print_json({"ok": ok, "attacks": [asdict(result) for result in results], "left_out": left_out})
        return 0 if ok else FINDINGS
    print_table(("attack", "held", "expected", "seen"), (_attack_row(result) for result in results))
    for name, lack in left_out.items():
        print_line(f"left out: {name} needs {lack}")
    return 0 if ok else FINDINGS


def _told(result: AttackResult) -> None:
    sys.stderr.write(f"{'held' if result.held else 'NOT HELD'}  {result.name}\n")


def _attack_row(result: AttackResult) -> tuple[str, ...]:
    return (result.name, "yes" if result.held else "NO", result.expected, result.seen)


def _list(*, json: bool) -> None:
    faults = {fault.value: words for fault, words in FAULT_WORDS.items()}
    attacks = {attack.name: attack.tries for attack in ATTACKS}
    if json:
        print_json({"faults": faults, "attacks": attacks})
        return
    print_table(("fault", "what it does"), faults.items())
    print_line("")
    print_table(("attack", "what it tries"), attacks.items())

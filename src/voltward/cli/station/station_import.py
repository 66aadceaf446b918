"""`voltward station import`: a living fleet from a list."""

from __future__ import annotations

import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.cli.frame import FINDINGS, Options, actor, print_json, print_line, run
from voltward.cli.parameters import Flag, Profile
from voltward.cli.progress import progress
from voltward.cli.reading import one_certificate, read_date
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OperatorFault, OutsideFault, StationFault
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import DEFAULT_GROUP, DEFAULT_TENANT, checked_site
from voltward.settings import load_settings
from voltward.usecases.fleet.fleet_file import LARGEST_FILE, read_fleet_file
from voltward.usecases.fleet.fleet_plan import PlanRules
from voltward.usecases.fleet.fleet_rows import ReadCertificate
from voltward.usecases.fleet.import_stations import (
    HASHERS,
    SLOW,
    ImportOrder,
    ImportReport,
    ImportTools,
    import_stations,
)
from voltward.usecases.fleet.weak_passwords import GRACE, Grace


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class ImportWishes:
    """What holds for rows that do not say it themselves, and how far the import may go."""

    dry_run: Annotated[Flag, Parameter(help="Tell what it would do, and do nothing.")] = False
    all_or_nothing: Annotated[Flag, Parameter(help="Do nothing if a single row is wrong.")] = False
    tenant: Annotated[str, Parameter(help="Whose stations they are.")] = DEFAULT_TENANT
    group: Annotated[str, Parameter(help="The group of new stations.")] = DEFAULT_GROUP
    site: Annotated[str, Parameter(help="The site of new stations.")] = ""
    profile: Annotated[Profile, Parameter(help="The profile of new stations.")] = 2
    exceptions_until: Annotated[
        str | None, Parameter(help="When exceptions for weak passwords end; else after 90 days.")
    ] = None


_ORDINARY = ImportWishes()
File = Annotated[str, Parameter(allow_leading_hyphen=True, help="CSV or JSON; `-` reads standard input.")]


def import_(file: File, *, wishes: ImportWishes = _ORDINARY, options: Options = Options()) -> int:
    """Take a fleet over from CSV or JSON (`-`: standard input). Doing it again changes nothing."""
    until = read_date(wishes.exceptions_until) if wishes.exceptions_until is not None else None
    data = _octets(file)

    async def story() -> tuple[ImportReport, list[str]]:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            source = "standard input" if file == "-" else Path(file).name
            grace = Grace(
                until or deployment.clock.now() + GRACE, actor(), f"came with {source} when it was taken over"
            )
            _refuse_past(grace, deployment)
            order = ImportOrder(
                actor=actor(),
                source=source,  # no digest of it: a short list of weak passwords could be guessed from that
                rules=_rules(wishes, grace, deployment),
                tenant=wishes.tenant,
                dry_run=wishes.dry_run,
                all_or_nothing=wishes.all_or_nothing,
            )
            with progress() as told:
                tools = ImportTools(
                    deployment.password_keys,
                    deployment.clock,
                    deployment.entropy,
                    _certificates_beside(Path() if file == "-" else Path(file).parent),
                    told.share,
                )
                report = await import_stations(deployment.store, read_fleet_file(data), order, tools)
            return report, [*_of_groups(report, deployment), *_notes(file, data, report, wishes)]

    report, notes = run(story())
    if options.json:
        print_json(_facts(report, notes, wishes))
    else:
        _tell(report, notes, wishes)
    return FINDINGS if report.faults else 0


def _rules(wishes: ImportWishes, grace: Grace, deployment: Deployment) -> PlanRules:
    return PlanRules(
        grace=grace,
        tenants=deployment.settings.tenants(),
        waivable=frozenset(c.id for c in deployment.rulebook.controls if c.waivable),
        group=wishes.group,
        site=checked_site(wishes.site),
        profile=SecurityProfile(wishes.profile),
    )


def _refuse_past(grace: Grace, deployment: Deployment) -> None:
    if grace.until <= deployment.clock.now():
        raise OperatorFault(
            f"the end of the exceptions, {grace.until:%Y-%m-%d %H:%M} UTC, lies in the past.",
            mend="Give --exceptions-until a day to come.",
        )


def _octets(file: str) -> bytes:
    """One more than allowed tells that there are too many."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(LARGEST_FILE + 1)
        with Path(file).open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise OutsideFault(
            f"the list cannot be read: {error.strerror}.", mend="Check name, owner and mode.", subject=file
        ) from error


def _certificates_beside(folder: Path) -> ReadCertificate:
    """A cell with a certificate: PEM as it stands, or the name of a file beside the list."""

    def read(cell: str) -> bytes:
        try:
            if not cell.lstrip().startswith("-----BEGIN"):
                return one_certificate(folder / cell)
            found = read_pem_bundle(cell.encode("utf-8"))
        except (OutsideFault, StationFault) as fault:
            raise OperatorFault(fault.what, mend="Name a PEM or DER file beside the list.") from fault
        if not found:
            raise OperatorFault("there is no certificate in it.", mend="Give it as PEM.")
        return found[0]

    return read


# ---------------------------------------------------------------------------------------- what it says


def _facts(report: ImportReport, notes: list[str], wishes: ImportWishes) -> dict[str, object]:
    return {
        "applied": report.applied,
        "dry_run": wishes.dry_run,
        "rows": report.rows,
        "registered": report.registered,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "weak_passwords": {control: count for control, count in sorted(report.weak.items()) if count},
        "unknown_passwords": report.unknown_passwords,
        "hashed_passwords": report.hashed,
        "faults": [
            {"line": f.line, "column": f.column, "station": f.subject, "what": f.what, "mend": f.mend}
            for f in report.faults
        ],
        "notes": notes,
    }


def _tell(report: ImportReport, notes: list[str], wishes: ImportWishes) -> None:
    for fault in report.faults:
        column = f", {fault.column}" if fault.column else ""
        print_line(f"line {fault.line}{column}: {fault}")
    done = "" if report.applied else "would be "
    print_line(
        f"{report.rows} rows: {report.registered} {done}registered, {report.changed} {done}changed, "
        f"{report.unchanged} unchanged, {len(report.faults)} wrong."
    )
    if not report.applied:
        why = "this was a dry run" if wishes.dry_run else "a row is wrong, and it is to be all or nothing"
        print_line(f"Nothing was changed: {why}.")
    for note in notes:
        print_line(f"note: {note}")


def _of_groups(report: ImportReport, deployment: Deployment) -> list[str]:
    return [
        f"{stations} of them: {remark}"
        for group, stations in sorted(report.groups.items())
        for remark in deployment.remarks_on_group(group)
    ]


def _notes(file: str, data: bytes, report: ImportReport, wishes: ImportWishes) -> list[str]:
    notes = [
        f"{count} stations have a password that fails {control}, and a dated exception from it: "
        "`voltward station list --findings` names them."
        for control, count in sorted(report.weak.items())
        if count
    ]
    if wishes.dry_run and report.slow:
        minutes = report.slow * SLOW / 60
        notes.append(
            f"{report.slow} passwords are hashed slowly when this is done: about {minutes:.0f} minutes of "
            f"one processor, on at most {HASHERS}."
        )
    if report.unknown_passwords:
        notes.append(
            f"of {report.unknown_passwords} stations no password is known: each is learnt while its group is "
            "observed with `learn = true`, or given with `voltward station credential`."
        )
    if report.hashed:
        notes.append(
            f"{report.hashed} passwords came as hashes: nobody can say which are short, shared or shipped."
        )
    if file != "-":
        if stat.S_IMODE(Path(file).stat().st_mode) & 0o077:
            notes.append(f"others on this machine may read {file}: `chmod 600` it.")
        if b"password" in data[:4096].replace(b"\0", b"").lower() and not wishes.dry_run:
            notes.append(f"{file} holds passwords: delete it, and every copy, when all is done.")
    return notes

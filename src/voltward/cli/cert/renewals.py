"""`voltward cert renew | list | calendar`: certificates of stations and their renewal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.authority.renewal_orders import own_certificates, renewal_plan
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.cli.cert.calendar_picture import calendar_svg, months
from voltward.cli.frame import Options, actor, print_json, print_line, print_table, run
from voltward.cli.lifecycle import lifecycle_facts, phase_words
from voltward.cli.parameters import Tenant
from voltward.crypto.reading.certificates import read_certificate
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.quantities import parse_duration
from voltward.domain.station import StationId
from voltward.lifecycles.renewal_state import RenewalOrigin
from voltward.ports.lifecycles import Lifecycle
from voltward.settings import load_settings
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, order_renewal
from voltward.usecases.views.certificate_calendar import CertificateLine, dark_days, list_certificates
from voltward.usecases.views.queries import list_stations
from voltward.usecases.views.selection import Selection

Expiring = Annotated[str | None, Parameter(help="Those that end within this time, such as 60d.")]


def renew(
    *identities: str,
    group: Annotated[str | None, Parameter(help="All of a group that are on profile 3.")] = None,
    expiring: Expiring = None,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """Renew certificates now, or go on at once where that waits. The station keeps what it has until then."""
    if sum([bool(identities), group is not None, expiring is not None]) != 1:
        raise OperatorFault("whose certificate?", mend="Give stations, or --group, or --expiring 60d.")

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            stations = [StationId.read(identity, tenant) for identity in identities]
            if group is not None:
                selection = Selection(group, tenant)
                await deployment.check_selection(selection)
                listed = await list_stations(deployment.store, selection)
                stations = [e.station.id for e in listed if not e.station.profile.uses_password]
            if expiring is not None:
                stations = await _expiring(deployment, expiring, tenant)
            moment = Moment(deployment.clock.now(), deployment.entropy, actor())
            plan = renewal_plan(deployment.settings)
            begun = [
                await order_renewal(
                    deployment.store, RenewalOrder(s, RenewalOrigin.OPERATOR, actor()), plan, moment
                )
                for s in stations
            ]
        _say_begun(begun, options)

    run(story())


def list_(
    *,
    station: str | None = None,
    expiring: Expiring = None,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """Certificates that were issued: whose, until when, whether they are used, what is done about them."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            now = deployment.clock.now()
            whose = StationId.read(station, tenant) if station is not None else None
            before = now + _span(expiring) if expiring is not None else None
            found = await list_certificates(deployment.store, now, station=whose, before=before)
        lines = [line for line in found if _is_of(line, tenant)]
        if options.json:
            print_json([certificate_facts(line) for line in lines])
        elif not lines:
            print_line("No certificate was issued that would be listed here.")
        else:
            print_table(
                ("station", "ends", "certificate", "signed by", "state", "renewal"),
                (_row(line) for line in lines),
            )

    run(story())


def calendar(
    *,
    svg: Annotated[Path | None, Parameter(help="Write it as a picture.")] = None,
    options: Options = Options(),
) -> None:
    """What goes dark when, if nothing is done: stations, authorities, server certificates."""

    async def story() -> None:
        settings = load_settings(options.config, options.set)
        async with open_deployment(settings) as deployment:
            servers = own_certificates(settings)
            days = await dark_days(deployment.store, deployment.clock.now(), servers)
        if svg is not None:
            try:
                svg.write_text(calendar_svg(days), encoding="utf-8")
            except OSError as error:
                raise OutsideFault(
                    f"the picture cannot be written: {error.strerror}.", subject=str(svg)
                ) from error
        if options.json:
            print_json([{"at": day.at, "what": day.what, "stations": day.stations} for day in days])
        elif svg is not None:
            print_line(f"{svg} is written: look at it in a browser.")
        else:
            print_table(
                ("month", "stations", "and"),
                ((month, str(count), "; ".join(others)) for month, (count, others) in months(days).items()),
            )

    run(story())


async def _expiring(deployment: Deployment, expiring: str, tenant: str | None) -> list[StationId]:
    now = deployment.clock.now()
    found = await list_certificates(deployment.store, now, before=now + _span(expiring))
    used = [line.issued.station for line in found if line.is_used and _is_of(line, tenant)]
    return [station for station in used if station is not None]


def _span(text: str) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError) as error:
        raise OperatorFault(f"{text!r} is no time.", mend="Write 60d, or 12h.") from error


def _is_of(line: CertificateLine, tenant: str | None) -> bool:
    return tenant is None or (line.issued.station is not None and line.issued.station.tenant == tenant)


def _say_begun(begun: Sequence[Lifecycle], options: Options) -> None:
    if options.json:
        print_json([lifecycle_facts(each) for each in begun])
        return
    for each in begun:
        print_line(f"{each.station}: {phase_words(each)}")
    if not begun:
        print_line("No station is concerned.")


def certificate_facts(line: CertificateLine) -> dict[str, object]:
    """One that was issued, as JSON tells it."""
    issued = line.issued
    return {
        "station": str(issued.station) if issued.station is not None else None,
        "fingerprint": issued.fingerprint.hex(),
        "serial": f"{issued.serial:x}",
        "common_name": issued.common_name,
        "not_before": issued.not_before,
        "not_after": issued.not_after,
        "authority": issued.authority or None,
        "issuer": issued.issuer,
        "issuer_name": _common_name(issued.chain[1]) if len(issued.chain) > 1 else None,
        "used": line.is_used,
        "revoked_at": issued.revoked_at,
        "reason": issued.reason or None,
        "renewal": lifecycle_facts(line.renewal) if line.renewal is not None else None,
    }


@lru_cache(maxsize=64)
def _common_name(certificate: bytes) -> str:
    """Of an issuing CA: there are few of them below many certificates."""
    seen = read_certificate(certificate)
    return (seen.common_names or (seen.subject,))[0]


def _row(line: CertificateLine) -> tuple[str, ...]:
    issued = line.issued
    state = "revoked" if issued.revoked_at is not None else "in use" if line.is_used else "not in use"
    renewal = phase_words(line.renewal) if line.renewal is not None else "-"
    return (
        str(issued.station or "-"),
        f"{issued.not_after:%Y-%m-%d}",
        issued.fingerprint.hex()[:16],
        issued.authority or "-",
        state,
        renewal,
    )

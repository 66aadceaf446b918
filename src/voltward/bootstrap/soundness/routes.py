"""Each route by itself and all of them together: can stations take it, and does it lead somewhere?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from functools import partial

from voltward.bootstrap.gateway.routes import (
    about,
    attestation_of,
    csms_subject,
    loss_terms,
    route_dialects,
    route_table,
)
from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity, guarded
from voltward.domain.station import Standing, Station
from voltward.gateway.csms.route_settings import CsmsSettings
from voltward.settings import Settings
from voltward.wire.upgrade_client import parse_websocket_url


def check_routes(settings: Settings) -> Iterator[Remark]:
    """Which request takes which route, the narrowest first; faults are told."""
    rules = list(route_table(settings))
    if len(rules) > 1:
        for rule in rules:
            hosts = f" at {', '.join(sorted(rule.hosts))}" if rule.hosts else ""
            yield Note(f"the route {rule.name}: {rule.path.place('ID')}{hosts}, tenant {rule.tenant}.")


def check_ways(settings: Settings) -> Iterator[Remark]:
    """Each route's way to its CSMS; faults are told, one does not hide the next."""
    for name, route in settings.routes().items():
        subject = csms_subject(settings, name)
        checks = (check_protocols, check_headers, check_url, check_hold)
        for check in checks:
            yield from guarded(partial(check, route.csms, subject))


def check_protocols(csms: CsmsSettings, subject: str) -> Iterator[Remark]:
    """The route speaks dialects that there are."""
    route_dialects(csms, subject)
    yield from ()


def check_headers(csms: CsmsSettings, subject: str) -> Iterator[Remark]:
    """Headers can be set, and name facts that there are."""
    attestation_of(csms, subject)
    yield from ()


def check_url(csms: CsmsSettings, subject: str) -> Iterator[Remark]:
    """What goes to the CSMS is as private as its URL."""
    if not csms.url:
        yield Problem("there is no CSMS to relay to.", f'Set {subject}.url = "ws://host:port/path".')
        return
    with about(f"{subject}.url"):
        where = parse_websocket_url(csms.url.replace("{station}", "station"))
    if where.secure or _is_loopback(where.host):
        return
    if csms.basic != "none":
        yield Problem(
            f"{subject}.basic = {csms.basic!r} sends passwords to {where.host} unencrypted.",
            f'Let {subject}.url begin with wss://, or set {subject}.basic = "none".',
            Severity.WARNING,
        )
    yield Note(f"the way to the CSMS at {where.host} is not encrypted; wss:// would be.")


def check_hold(csms: CsmsSettings, subject: str) -> Iterator[Remark]:
    """A link without its CSMS is held for a time that a station bears."""
    loss_terms(csms, subject)
    yield from ()


def check_tenants_in_use(stations: Iterable[Station], settings: Settings) -> Iterator[Remark]:
    """A tenant without a route is one whose table was lost, or misspelt: its stations cannot come in."""
    used = {station.id.tenant for station in stations if station.standing is not Standing.RETIRED}
    for tenant in sorted(used - settings.tenants()):
        yield Problem(
            f"stations belong to the tenant {tenant!r}, and no route leads to it: they cannot come in.",
            f'Let a route have tenant = "{tenant}", or retire them.',
            Severity.WARNING,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""The routes of the settings, put together: rules, dialects, the way to each CSMS, what is said there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from voltward.bootstrap.deployment import referenced_secret
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.route import DEFAULT_ROUTE
from voltward.domain.route_table import RouteRule, RouteTable
from voltward.domain.secret import Secret
from voltward.gateway.attestation import Attestation
from voltward.gateway.csms_channel import CsmsRoute
from voltward.gateway.route_settings import CsmsSettings, RouteSettings
from voltward.gateway.routes import DialBudget, Route, Routes
from voltward.ocpp import DIALECTS
from voltward.ocpp.dialect import Dialect
from voltward.settings import Settings
from voltward.wire.tls_client import build_client_context
from voltward.wire.upgrade_client import parse_websocket_url


def routes_of(settings: Settings) -> Routes:
    """All routes. OperatorFault for one that leads nowhere, or that cannot be told from another."""
    return Routes([_route(settings, name, route) for name, route in named_routes(settings)])


def named_routes(settings: Settings) -> list[tuple[str, RouteSettings]]:
    """The routes with their names. OperatorFault where the usual one's name is taken."""
    if settings.csms.url and DEFAULT_ROUTE in settings.route:
        raise OperatorFault(
            f"the route {DEFAULT_ROUTE!r} is there twice: [csms] is called so.",
            mend=f"Give [route.{DEFAULT_ROUTE}] another name.",
            subject=f"route.{DEFAULT_ROUTE}",
        )
    return list(settings.routes().items())


def csms_subject(settings: Settings, name: str) -> str:
    """Where the settings of a route's CSMS stand: `csms`, `route.acme.csms`."""
    return f"route.{name}.csms" if name in settings.route else "csms"


def route_table(settings: Settings) -> RouteTable:
    """The rules of all routes, in their order. OperatorFault for one that will not do."""
    return RouteTable(_rule(settings, name, route) for name, route in named_routes(settings))


def route_dialects(csms: CsmsSettings, subject: str = "csms") -> Mapping[str, Dialect]:
    """The dialects that a route speaks; all of them unless its `protocols` name some."""
    for name in csms.protocols:
        if name not in DIALECTS:
            raise OperatorFault(
                f"{name!r} is no subprotocol that Voltward speaks.",
                mend=f"Known are {', '.join(DIALECTS)}.",
                subject=f"{subject}.protocols",
            )
    chosen = csms.protocols or list(DIALECTS)
    return {name: DIALECTS[name] for name in chosen}


def attestation_of(csms: CsmsSettings, subject: str, shared: Secret | None = None) -> Attestation:
    """What is said to a CSMS about a station. OperatorFault for headers that will not do."""
    attestation = Attestation(csms.headers, csms.basic, csms.basic_user, shared)
    with about(f"{subject}.headers"):
        attestation.check()
    return attestation


@contextmanager
def about(subject: str) -> Iterator[None]:
    """An OperatorFault within that names no setting is about this one."""
    try:
        yield
    except OperatorFault as fault:
        if fault.subject:
            raise
        raise OperatorFault(fault.what, mend=fault.mend, subject=subject) from fault


def _route(settings: Settings, name: str, route: RouteSettings) -> Route:
    csms, subject = route.csms, csms_subject(settings, name)
    if not csms.url:
        raise OperatorFault(
            "there is no CSMS to relay to.",
            mend=f'Set {subject}.url = "ws://host:port/path".',
            subject=f"{subject}.url",
        )
    with about(f"{subject}.url"):
        where = parse_websocket_url(csms.url.replace("{station}", "station"))
    shared = referenced_secret(settings, csms.shared_password) if csms.basic == "shared" else None
    return Route(
        rule=_rule(settings, name, route),
        dialects=route_dialects(csms, subject),
        csms=CsmsRoute(
            url=csms.url,
            dial_timeout=csms.dial_timeout,
            message_size=settings.relay.message_size,
            write_buffer=settings.relay.write_buffer,
            tls=build_client_context(_anchors(settings, csms, subject)) if where.secure else None,
        ),
        attestation=attestation_of(csms, subject, shared),
        dials=DialBudget(csms.dial_rate, csms.dial_burst),
    )


def _rule(settings: Settings, name: str, route: RouteSettings) -> RouteRule:
    subject = f"route.{name}" if name in settings.route else "gateway.path"
    token = referenced_secret(settings, route.token) if route.token else None
    with about(subject):
        return RouteRule.made(name, route.path, route.tenant, route.host, token)


def _anchors(settings: Settings, csms: CsmsSettings, subject: str) -> str | None:
    """The PEM text of `csms.ca`; None: the system's authorities."""
    if not csms.ca:
        return None
    path = settings.path(csms.ca)
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise OutsideFault(
            f"the authorities for the CSMS cannot be read: {error}.",
            mend=f"Check {subject}.ca.",
            subject=str(path),
        ) from error

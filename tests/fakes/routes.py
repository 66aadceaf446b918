"""Routes whose CSMS is nowhere."""

from __future__ import annotations

from typing import Literal

from voltward.domain.route import DEFAULT_ROUTE
from voltward.domain.route_table import RouteRule
from voltward.domain.secret import Secret
from voltward.domain.station import DEFAULT_TENANT
from voltward.gateway.csms.attestation import Attestation
from voltward.gateway.csms.channel import CsmsRoute
from voltward.gateway.csms.dial_gate import DialGate
from voltward.gateway.csms.routes import Route
from voltward.ocpp import DIALECTS

NOWHERE = CsmsRoute("ws://127.0.0.1:1/ocpp", dial_timeout=1.0, message_size=1 << 20, write_buffer=1 << 16)


def made_rule(
    name: str = DEFAULT_ROUTE,
    path: str = "/ocpp/{station}",
    tenant: str = DEFAULT_TENANT,
    hosts: tuple[str, ...] = (),
    token: bytes | None = None,
) -> RouteRule:
    """As the settings make it."""
    return RouteRule.made(name, path, tenant, hosts, Secret(token) if token is not None else None)


def made_route(
    rule: RouteRule | None = None,
    dials: DialGate | None = None,
    basic: Literal["pass", "shared", "none"] = "none",
) -> Route:
    """A route of all dialects."""
    return Route(rule or made_rule(), DIALECTS, NOWHERE, Attestation({}, basic), dials or DialGate())

"""The routes of a gateway: who takes which, which dialects it speaks, and how its CSMS is reached.

All routes are replaced together by a reload; who is connected keeps the one that it came by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from voltward.domain.odd_path import OddPath
from voltward.domain.route import Identified
from voltward.domain.route_table import RouteRule, RouteTable, Way, bare_host
from voltward.gateway.csms.attestation import Attestation
from voltward.gateway.csms.channel import CsmsRoute
from voltward.gateway.csms.dial_gate import DialGate
from voltward.gateway.csms.loss import LossDesk
from voltward.gateway.csms.station_token import StationToken
from voltward.gateway.door.judging import Judgement
from voltward.ocpp.dialect import Dialect
from voltward.ports.clock import Clock, Entropy
from voltward.wire.upgrade import UpgradeRequest


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a CSMS, and what is said there."""

    rule: RouteRule
    dialects: Mapping[str, Dialect]
    csms: CsmsRoute
    attestation: Attestation
    dials: DialGate = field(default_factory=DialGate)
    losses: LossDesk = field(default_factory=LossDesk)
    token: StationToken | None = None

    @property
    def name(self) -> str:
        """The word behind `route.` in the settings."""
        return self.rule.name

    def headers_for(
        self, judgement: Judgement, clock: Clock, entropy: Entropy
    ) -> list[tuple[str, str | bytes]]:
        """All headers of a dial; nothing is sworn about who is merely indulged.

        OutsideFault where a password should be kept for the station and is not.
        """
        headers = self.attestation.for_judgement(judgement)
        if self.token is not None and not judgement.decision.is_indulged:
            headers.append(self.token.header_for(judgement, clock.now(), entropy.identifier()))
        return headers


@dataclass(frozen=True, slots=True)
class Approach:
    """Where a request leads. `is_misdirected`: TLS was asked for a host of another route than the request."""

    route: Route | None
    found: Identified
    dialects: Mapping[str, Dialect]
    is_misdirected: bool = False
    odd: OddPath | None = None  # whom a path that is not written plainly can only mean


class Routes:
    """Looked up once for each arrival."""

    __slots__ = ("_by_name", "_every_dialect", "_table")

    def __init__(self, routes: Iterable[Route]) -> None:
        """OperatorFault for two that cannot be told apart."""
        self._by_name = {route.name: route for route in routes}
        self._table = RouteTable(route.rule for route in self._by_name.values())
        self._every_dialect = {
            name: dialect for route in self._by_name.values() for name, dialect in route.dialects.items()
        }

    def approach(self, request: UpgradeRequest, server_name: str | None) -> Approach:
        """The route of a request; `server_name` is the one that TLS was asked for (SNI), if any.

        A path that leads nowhere is read with every dialect, so that the refusal is like any other.
        """
        host = bare_host((request.header("host") or b"").decode("latin-1")) if self._table.names_hosts else ""
        way = self._table.find(host, request.target)
        if way.found.identity is None or "%" in way.found.identity:
            odd = self._odd(way, host, request.target, server_name)
            if odd is not None:
                return odd
        if way.rule is None:
            return Approach(None, way.found, self._every_dialect)
        route = self._by_name[way.rule.name]
        # Where both lead to one route, or no route asks for the host, a different name does no harm.
        if self._table.names_hosts and server_name and bare_host(server_name) != host:
            meant = self._table.find(bare_host(server_name), request.target)
            return Approach(route, way.found, route.dialects, is_misdirected=meant.rule is not way.rule)
        return Approach(route, way.found, route.dialects)

    def _odd(self, way: Way, host: str, target: str, server_name: str | None) -> Approach | None:
        """Whom a path can only mean that is nobody's, or may be encoded twice.

        Where TLS was asked for another host, it means nobody.
        """
        if self._table.names_hosts and server_name and bare_host(server_name) != host:
            return None
        read = self._table.find_odd(host, target, way.found)
        if read is None:
            return None
        route = self._by_name[read[0].name]
        return Approach(route, way.found, route.dialects, odd=read[1])

    def named(self, name: str) -> Route | None:
        """A route as it is now; None if a reload has taken it away."""
        return self._by_name.get(name)

    @property
    def key_set(self) -> bytes:
        """The public keys of the tokens (RFC 7517); empty where no route swears."""
        return next((route.token.signer.key_set for route in self._by_name.values() if route.token), b"")


class RouteHolder:
    """The routes that new connections get; a reload puts others in their place."""

    __slots__ = ("current",)

    def __init__(self, current: Routes) -> None:
        self.current = current

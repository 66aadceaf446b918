"""The routes of the settings, put together: rules, dialects, the way to each CSMS, what is said there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from voltward.bootstrap.gateway.gateway_keys import csms_password_box, token_signer
from voltward.bootstrap.rooms import referenced_secret
from voltward.crypto.passwords.csms_passwords import CsmsPasswordBox
from voltward.crypto.tokens.station_tokens import TokenSigner
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.route import DEFAULT_ROUTE
from voltward.domain.route_table import RouteRule, RouteTable
from voltward.domain.secret import Secret
from voltward.gateway.csms.attestation import Attestation
from voltward.gateway.csms.channel import CsmsRoute
from voltward.gateway.csms.dial_gate import DialGate, DialPace
from voltward.gateway.csms.loss import LossDesk, LossTerms
from voltward.gateway.csms.route_settings import CsmsSettings, RouteSettings
from voltward.gateway.csms.routes import Route, Routes
from voltward.gateway.csms.station_token import StationToken
from voltward.ocpp import DIALECTS
from voltward.ocpp.dialect import Dialect
from voltward.ports.clock import Entropy
from voltward.ports.vault import KeyRoom
from voltward.settings import Settings
from voltward.wire.tls_client import ClientChain, ClientContext, build_client_context
from voltward.wire.upgrade_client import parse_websocket_url

LONGEST_HOLD = 20.0  # seconds (ruling 14)
SHORTEST_LIFE, LONGEST_LIFE = 1.0, 3600.0  # seconds of a token


def routes_of(settings: Settings, room: KeyRoom, entropy: Entropy) -> Routes:
    """All routes. OperatorFault for one that leads nowhere, or that cannot be told from another."""
    needed = [route.csms for _, route in named_routes(settings)]
    keys = RouteKeys(
        csms_password_box(room, entropy) if any(csms.basic == "stored" for csms in needed) else None,
        token_signer(room, entropy) if any(csms.token for csms in needed) else None,
    )
    return Routes([_route(settings, name, route, keys) for name, route in named_routes(settings)])


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


def attestation_of(
    csms: CsmsSettings, subject: str, shared: Secret | None = None, box: CsmsPasswordBox | None = None
) -> Attestation:
    """What is said to a CSMS about a station. OperatorFault for headers that will not do."""
    attestation = Attestation(csms.headers, csms.basic, csms.basic_user, shared, box)
    with about(f"{subject}.headers"):
        attestation.check()
    return attestation


@dataclass(frozen=True, slots=True)
class RouteKeys:
    """What some route needs from the gateway's room."""

    box: CsmsPasswordBox | None
    signer: TokenSigner | None


@contextmanager
def about(subject: str) -> Iterator[None]:
    """An OperatorFault within that names no setting is about this one."""
    try:
        yield
    except OperatorFault as fault:
        if fault.subject:
            raise
        raise OperatorFault(fault.what, mend=fault.mend, subject=subject) from fault


def _route(settings: Settings, name: str, route: RouteSettings, keys: RouteKeys) -> Route:
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
            tls=_client_context(settings, csms, subject) if where.secure else None,
        ),
        attestation=attestation_of(csms, subject, shared, keys.box),
        dials=DialGate(DialPace(csms.dial_rate, csms.dial_burst, csms.dial_timeout)),
        losses=LossDesk(loss_terms(csms, subject)),
        token=_token(csms, name, subject, keys.signer) if keys.signer is not None and csms.token else None,
    )


def _rule(settings: Settings, name: str, route: RouteSettings) -> RouteRule:
    subject = f"route.{name}" if name in settings.route else "gateway.path"
    token = referenced_secret(settings, route.token) if route.token else None
    with about(subject):
        return RouteRule.made(name, route.path, route.tenant, route.host, token)


def _client_context(settings: Settings, csms: CsmsSettings, subject: str) -> ClientContext:
    """Whom we believe to be the CSMS, and what we show it where it asks for a certificate."""
    anchors = _pem(settings, csms.ca, f"{subject}.ca") if csms.ca else None
    if not csms.client_certificate and not csms.client_key:
        return build_client_context(anchors.decode("latin-1") if anchors is not None else None)
    if not csms.client_certificate or not csms.client_key:
        raise OperatorFault(
            "a certificate for the CSMS and its key come together.",
            mend=f"Set both {subject}.client_certificate and {subject}.client_key, or neither.",
            subject=f"{subject}.client_certificate",
        )
    chain = _pem(settings, csms.client_certificate, f"{subject}.client_certificate")
    key = referenced_secret(settings, csms.client_key)
    with about(f"{subject}.client_certificate"):
        return build_client_context(
            anchors.decode("latin-1") if anchors is not None else None, ClientChain(chain, key)
        )


def loss_terms(csms: CsmsSettings, subject: str) -> LossTerms:
    """What becomes of links whose CSMS is gone. OperatorFault for a hold that no station would bear."""
    if csms.hold > LONGEST_HOLD:
        raise OperatorFault(
            f"a link is held at most {LONGEST_HOLD:g} s: then the station has to know that it is offline.",
            mend="Leave it out to get 20 s.",
            subject=f"{subject}.hold",
        )
    return LossTerms(csms.hold if csms.on_loss == "hold" else 0.0, csms.close_rate)


def _token(csms: CsmsSettings, name: str, subject: str, signer: TokenSigner) -> StationToken:
    """How the route swears. OperatorFault for a header that will not do, or that Basic needs itself."""
    header = csms.token_header
    if not SHORTEST_LIFE <= csms.token_lifetime <= LONGEST_LIFE:
        raise OperatorFault(
            "a token lives from 1 s to 1 h: it is shown once, when the CSMS is dialled.",
            mend="Leave it out to get 60 s.",
            subject=f"{subject}.token_lifetime",
        )
    with about(f"{subject}.token_header"):
        if header.lower() == "authorization" and csms.basic == "none":
            return StationToken(signer, header, name, csms.token_lifetime)
        Attestation({header: "token"}).check()
        return StationToken(signer, header, name, csms.token_lifetime)


def _pem(settings: Settings, name: str, subject: str) -> bytes:
    """The content of a file of certificates."""
    path = settings.path(name)
    try:
        return path.read_bytes()
    except OSError as error:
        raise OutsideFault(
            f"the certificates for the CSMS cannot be read: {error.strerror}.",
            mend=f"Check {subject}.",
            subject=str(path),
        ) from error

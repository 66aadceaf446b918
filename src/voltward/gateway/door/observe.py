"""From an arrival (TLS facts, request) and the registry to one `ConnectionObservation`. Pure.

Here the words of the wire become the words of the rulebook; no verdict is formed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from voltward.crypto.reading.certificates import CertificateReader, chain_seen
from voltward.detection.sources import Source
from voltward.domain.odd_path import OddPath
from voltward.domain.quirk import Grants, Quirk
from voltward.domain.route import DEFAULT_ROUTE
from voltward.domain.secret import Secret
from voltward.domain.station import DEFAULT_TENANT, StationId
from voltward.gateway.channel.forwarded import ForwardedTls, VerifierHolder
from voltward.gateway.door.local_controllers import silent_controller, speaker_for
from voltward.ocpp.dialect import Dialect
from voltward.rulebook.observation import (
    AuthorizationForm,
    CertificateKnown,
    ChainSeen,
    ConnectionObservation,
    ListenerSeen,
    ListKnown,
    PasswordSeen,
    RequestSeen,
    StationKnown,
    TlsSeen,
)
from voltward.usecases.admission.admission_registry import AdmissionRegistry, StationEntry
from voltward.wire.authorization import BasicLogin
from voltward.wire.tls import TlsFacts

# Most links are alike in these: they share one value. Strangers can flush what is remembered, and no more.
_tls_seen: Final = lru_cache(maxsize=512)(TlsSeen)
_certificate_known: Final = lru_cache(maxsize=512)(CertificateKnown)


class OffersChain(Protocol):
    """Who can show the chain of a live connection once more."""

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """As offered, in DER form, leaf first."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody at the door, as far as the wire tells."""

    at: datetime
    listener: ListenerSeen
    source: Source  # what counts as one source, for limits (ruling 10)
    tls: TlsFacts | ForwardedTls | None  # a link lets go of it: what counts was observed
    path: str
    station: StationId | None  # the key that the path names, if it names one
    identity_problem: str
    offered: tuple[str, ...]
    spoken: tuple[str, ...]  # those of `offered` that the route allows, in the station's order
    speakable: Mapping[str, Dialect]  # all that the route speaks
    login: BasicLogin
    route: str = DEFAULT_ROUTE  # the name of the route that its host and path lead to
    tenant: str = DEFAULT_TENANT  # whose route that is
    header: Secret | None = None  # Authorization as it came, where it may have to be passed on
    offers: OffersChain | None = None  # with TLS only
    odd: OddPath | None = None  # whom the path can only mean, where it is not written plainly
    oddities: tuple[Quirk, ...] = ()  # that no quirk covers
    quirks: tuple[Quirk, ...] = ()  # that were used

    @property
    def identity(self) -> str | None:
        """What the path names, without its tenant."""
        return self.station.identity if self.station is not None else None

    @property
    def dialects(self) -> tuple[Dialect, ...]:
        """Of `spoken`."""
        return tuple(self.speakable[name] for name in self.spoken)

    @property
    def certificate_decides(self) -> bool:
        """A chain was offered: its leaf must be looked at, whatever profile decides."""
        return self.tls is not None and bool(self.tls.peer_chain)


def observe(
    arrival: Arrival,
    registry: AdmissionRegistry,
    reader: CertificateReader,
    operator_organisations: tuple[str, ...],
    password: PasswordSeen | None,
) -> ConnectionObservation:
    """The observation of an arrival; the password was compared by the caller, since that may take time."""
    station = arrival.station
    entry = registry.lookup(station, arrival.at) if station is not None else None
    chain = _chain(arrival.tls, registry, reader) if arrival.certificate_decides else None
    controller = speaker_for(entry, chain, registry)
    collision = registry.colliding(station) if station is not None and entry is None else None
    return ConnectionObservation(
        at=arrival.at,
        listener=arrival.listener,
        request=_request(arrival),
        operator_organisations=operator_organisations,
        tls=_tls(arrival.tls) if arrival.tls is not None else None,
        chain=chain,
        certificate=certificate_known(chain, controller or entry, registry, arrival.at) if chain else None,
        password=password,
        station=station_known(entry) if entry is not None else None,
        controller=station_known(controller) if controller is not None else None,
        collides_with=str(collision) if collision is not None else None,
    )


def observe_again(
    before: ConnectionObservation,
    registry: AdmissionRegistry,
    password: PasswordSeen | None,
    grants: Grants,
    now: datetime,
) -> ConnectionObservation:
    """The same connection in the light of what the registry says now (a revocation, a new record).

    A quirk that it came in by and that is granted no more is an oddity again.
    """
    assert before.request.identity is not None
    entry = registry.lookup(StationId(before.request.identity, before.request.tenant), now)
    chain = before.chain
    if chain is not None and len(chain.path) > 1:  # it led to an authority, which may be gone, or be back
        chain = replace(chain, authority=registry.authorities.get(chain.path[-1].fingerprint.hex()))
    controller = speaker_for(entry, chain, registry)
    return replace(
        before,
        at=now,
        request=_request_again(before.request, grants),
        chain=chain,
        certificate=certificate_known(chain, controller or entry, registry, now) if chain else None,
        password=password,
        station=station_known(entry) if entry is not None else None,
        controller=station_known(controller) if controller is not None else None,
    )


def offered_again(
    before: ConnectionObservation,
    arrival: Arrival,
    registry: AdmissionRegistry,
    reader: CertificateReader,
    holder: VerifierHolder,
) -> ConnectionObservation:
    """The chain of a live connection, followed anew to the authorities that are trusted now."""
    if arrival.offers is None or before.chain is None:
        return before
    offered = holder.verifier.verify(arrival.offers.peer_chain)
    return replace(before, chain=chain_seen(reader, offered, registry.authorities))


def station_known(entry: StationEntry) -> StationKnown:
    """The record, in the rulebook's words."""
    station = entry.station
    return StationKnown(
        identity=station.id.identity,
        profile=station.profile,
        floor=station.floor,
        allowance=station.allowance,
        standing=station.standing,
        serial=station.serial,
        has_proven_credential=entry.has_proven_credential,
    )


def certificate_known(
    chain: ChainSeen, entry: StationEntry | None, registry: AdmissionRegistry, now: datetime
) -> CertificateKnown:
    """What the registry knows of a leaf: the deny-list first (both forms), then whose it is.

    `entry` is whose it may be: the station's, or that of the Local Controller that speaks for it.
    """
    fingerprint = chain.leaf.fingerprint
    denied = registry.denied(fingerprint)
    if denied is None and chain.twin is not None:
        denied = registry.denied(chain.twin)
    owner = registry.owner_of(fingerprint)
    mine = entry.certificate(fingerprint) if entry is not None else None
    belongs_elsewhere = owner is not None and (entry is None or owner != entry.station.id)
    return _certificate_known(
        denied.reason if denied is not None else None,
        mine.state if mine is not None else None,
        mine.is_usable(now) if mine is not None else True,
        mine is not None and getattr(mine.proof, "pinned", False),
        str(owner) if belongs_elsewhere else None,
        silent_controller(fingerprint, entry.station.id if entry is not None else None, registry),
        _listed(chain, registry),
    )


def _listed(chain: ChainSeen, registry: AdmissionRegistry) -> ListKnown | None:
    """By the list of the authority that was reached, about the certificate that it signed in this path."""
    if chain.authority is None or len(chain.path) < 2:
        return None
    return registry.lists.about(chain.authority, chain.path[-2].serial_number)


def _request(arrival: Arrival) -> RequestSeen:
    login = arrival.login
    problem = arrival.identity_problem
    if not problem and arrival.identity is not None and arrival.dialects:
        problem = arrival.dialects[0].identity.problem(arrival.identity) or ""
    return RequestSeen(
        path=arrival.path,
        identity=arrival.identity,
        identity_problem=problem,
        offered=arrival.offered,
        spoken=arrival.spoken,
        tenant=arrival.tenant,
        authorization=AuthorizationForm(login.scheme),
        authorization_problem=login.problem,
        user_matches=login.user_matches if login.scheme == "basic" else None,
        oddities=arrival.oddities,
        quirks=arrival.quirks,
    )


def _request_again(before: RequestSeen, grants: Grants) -> RequestSeen:
    ended = tuple(quirk for quirk in before.quirks if quirk not in grants)
    return replace(before, oddities=(*before.oddities, *ended)) if ended else before


def _tls(facts: TlsFacts | ForwardedTls) -> TlsSeen:
    return _tls_seen(
        facts.version,
        facts.suite,
        facts.group,
        facts.server_name,
        facts.compressed,
        facts.resumed,
        isinstance(facts, ForwardedTls),
    )


def _chain(
    facts: TlsFacts | ForwardedTls | None, registry: AdmissionRegistry, reader: CertificateReader
) -> ChainSeen:
    assert facts is not None
    return chain_seen(reader, facts, registry.authorities, lambda leaf: registry.owner_of(leaf) is not None)

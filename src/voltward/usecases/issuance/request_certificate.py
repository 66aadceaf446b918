"""A station asks for a certificate at the enrolment door: judged, journalled, and put where the worker looks.

It goes the way of every request: the fact moves the station's renewal, an errand orders the certificate, and
the record is made before anybody gets it. The station asks again until it is there; the same key is the same
request, and brings the same certificate.
"""

from __future__ import annotations

from dataclasses import dataclass

from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import SigningRequest
from voltward.domain.credential import CredentialState
from voltward.domain.events import Event
from voltward.domain.intents import CertificateUse
from voltward.domain.station import Standing, StationId
from voltward.domain.station_fact import CsrSubmitted
from voltward.lifecycles.renewal_state import KIND, Renewal, RenewalPhase
from voltward.ports.lifecycles import IssuedCertificate, Lifecycle
from voltward.ports.storage import Reading, Store
from voltward.usecases.issuance.request_ground import RequestRules, judge_submitted
from voltward.usecases.lifecycles.advance_lifecycle import Moment

LONGEST_REASON = 255


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """Whose it is, as it came (PEM), and what was read in it. `id` is that of this very asking."""

    id: str
    station: StationId
    text: str
    read: SigningRequest | CsrProblem


@dataclass(frozen=True, slots=True)
class Taken:
    """The worker will hear of it. `renewal`: the station's renewal as it stood then."""

    renewal: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Unfit:
    """Nothing is signed; why, in words for the station."""

    words: str


async def request_certificate(
    store: Store, asked: CertificateRequest, rules: RequestRules, moment: Moment
) -> Taken | Unfit:
    """Judge it by the rulebook, and keep it. OutsideFault while the store is away."""
    async with store.begin() as work:
        station = await work.stations.get(asked.station)
        if station is None or station.standing is Standing.RETIRED:
            return Unfit("it is not in service")
        words = await judge_submitted(work, station, asked.read, rules, moment.now)
        kind = "certificate_request_refused" if words else "certificate_requested"
        facts = {"request": asked.id, "way": "est"} | ({"reason": words} if words else {})
        await work.journal(Event(kind, moment.now, moment.actor, str(asked.station), facts))
        if not words:
            use = CertificateUse.CSMS_LINK
            fact = CsrSubmitted(asked.station, moment.now, asked.id, asked.text, use, fetches=True)
            await work.inbox.add(fact)
        renewal = await work.lifecycles.latest_of(asked.station, KIND)
        await work.commit()
    return Unfit(words[:LONGEST_REASON]) if words else Taken(_mark(renewal))


async def certificate_for(
    store: Store, station: StationId, key: bytes, moment: Moment, since: Taken | None = None
) -> IssuedCertificate | Unfit | None:
    """The certificate that waits for the holder of this key (SHA-256), as long as it was not seen in use.

    None: not yet. `Unfit`: since then the authority has said that it signs nothing for it.
    """
    async with store.read() as reading:
        found = await _waiting(reading, station, key, moment)
        renewal = await reading.lifecycles.latest_of(station, KIND) if found is None else None
    if renewal is None or since is None or _mark(renewal) == since.renewal:
        return found
    state = renewal.state
    is_stuck = isinstance(state, Renewal) and state.phase is RenewalPhase.STUCK and state.issued is None
    if is_stuck and isinstance(state, Renewal) and state.key == key:
        return Unfit(state.problem[:LONGEST_REASON])
    return None


async def record_fetched(store: Store, certificate: IssuedCertificate, moment: Moment) -> None:
    """It is handed out: once more for each time."""
    facts = {"certificate": certificate.fingerprint.hex(), "way": "est"}
    async with store.begin() as work:
        event = Event("certificate_fetched", moment.now, moment.actor, str(certificate.station), facts)
        await work.journal(event)
        await work.commit()


async def _waiting(
    reading: Reading, station: StationId, key: bytes, moment: Moment
) -> IssuedCertificate | None:
    for issued in await reading.issued.by_key(key):
        if issued.station != station or issued.revoked_at is not None or issued.not_after <= moment.now:
            continue
        held = await reading.credentials.by_fingerprint(issued.fingerprint)
        mine = [each for each in held if each.station == station and each.is_usable(moment.now)]
        if any(each.state is CredentialState.PENDING for each in mine):
            return issued
    return None


def _mark(renewal: Lifecycle | None) -> tuple[str, int] | None:
    return (renewal.id, renewal.revision) if renewal is not None else None

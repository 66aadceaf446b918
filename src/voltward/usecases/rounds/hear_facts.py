"""What the gateway has told moves life-cycles: the inbox, times that have come, asks that have run out.

Each is heard in a unit of work of its own, which takes it out of where it waited: killed before the commit,
it waits still; after it, it was heard.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import read_signing_request
from voltward.domain.credential import Purpose
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.intents import IntentAnswer, Outcome
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, StationId
from voltward.domain.station_fact import (
    AnchorMoved,
    AskAnswered,
    CameBack,
    CertificateFirstSeen,
    CertificateRevoked,
    Complained,
    CsrRefused,
    CsrSubmitted,
    Proven,
)
from voltward.lifecycles.answers import answer_fact
from voltward.lifecycles.effects import Cancelled, TimeCame
from voltward.lifecycles.renewal_state import (
    KIND,
    CameWith,
    CertificateProven,
    CsrTaken,
    CsrUnfit,
    RenewalOrigin,
)
from voltward.lifecycles.upgrade_state import CameOn
from voltward.ports.storage import Conflict, Store, UnitOfWork
from voltward.usecases.issuance.request_ground import RequestRules, judge_submitted
from voltward.usecases.lifecycles.advance_lifecycle import Moment, advance_lifecycle, takes
from voltward.usecases.lifecycles.read_anchors import start_reading
from voltward.usecases.lifecycles.renewed_credentials import certificate_before, used_certificate
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, RenewalPlan, start_renewal
from voltward.usecases.trust.trust_authority import needs_certificate

PORTION = 100


@dataclass(frozen=True, slots=True)
class Hearing:
    """What facts are heard with, beside the store."""

    plan: RenewalPlan
    rules: RequestRules


async def hear_next(store: Store, hearing: Hearing, moment: Moment) -> bool:
    """Hear the oldest fact that waits; False if none does."""
    async with store.read() as reading:
        if not await reading.inbox.next(limit=1):
            return False  # mostly: nobody has to wait for a turn to write
    try:
        async with store.begin() as work:
            for each in await work.inbox.next(limit=1):
                await work.inbox.done(each.number)
                await _HEARD[type(each.fact)](work, each.fact, hearing, moment)
                await work.commit()
    except Conflict:
        raise
    except OperatorFault as refused:
        await _set_aside(store, refused, moment)
    return True


async def wake_due(store: Store, moment: Moment) -> int:
    """Tell those whose time has come; returns how many."""
    async with store.read() as reading:
        due = [lifecycle.id for lifecycle in await reading.lifecycles.due(moment.now, limit=PORTION)]
    for name in due:
        async with store.begin() as work:
            lifecycle = await work.lifecycles.get(name)
            if lifecycle is not None and lifecycle.wake_at is not None and lifecycle.wake_at <= moment.now:
                await advance_lifecycle(work, lifecycle, TimeCame(), moment)
                await work.commit()
    return len(due)


async def expire_asks(store: Store, moment: Moment) -> int:
    """Asks that nobody took in time are answered so; returns how many."""
    async with store.read() as reading:
        expired = await reading.asks.expired(moment.now, limit=PORTION)
    for ask in expired:
        async with store.begin() as work:
            await _answered(work, ask.station, ask.id, IntentAnswer(Outcome.EXPIRED), moment)
            await work.commit()
    return len(expired)


async def _set_aside(store: Store, refused: OperatorFault, moment: Moment) -> None:
    """A fact that cannot be taken holds up nobody behind it: it is told, and done."""
    async with store.begin() as work:
        for each in await work.inbox.next(limit=1):
            await work.inbox.done(each.number)
            facts = {"reason": refused.what, "fact": type(each.fact).__name__}
            subject = str(each.fact.station)
            await work.journal(Event("lifecycle_fact_refused", moment.now, moment.actor, subject, facts))
            await work.commit()


async def _ask_answered(work: UnitOfWork, fact: AskAnswered, _hearing: Hearing, moment: Moment) -> None:
    await _answered(work, fact.station, fact.ask, fact.answer, moment)


async def _answered(
    work: UnitOfWork, station: StationId, name: str, answer: IntentAnswer, moment: Moment
) -> None:
    """An answer to what nobody asks any more is dropped; so is another station's."""
    asked = await work.asks.remove(name)
    if asked is None:
        return
    if asked.station != station:
        await work.asks.add(asked)
        facts = {"ask": name, "of": str(asked.station)}
        await work.journal(Event("foreign_answer_refused", moment.now, moment.actor, str(station), facts))
        return
    lifecycle = await work.lifecycles.get(asked.lifecycle)
    if lifecycle is not None:
        await advance_lifecycle(work, lifecycle, answer_fact(answer), moment)


async def _submitted(work: UnitOfWork, fact: CsrSubmitted, hearing: Hearing, moment: Moment) -> None:
    """The gateway has looked at the request; whose its key is, only the store knows."""
    station = await work.stations.get(fact.station)
    if station is None or station.standing is Standing.RETIRED:
        return
    if station.recommissioned_at is not None and fact.at < station.recommissioned_at:
        return  # the old hardware's
    request = read_signing_request(fact.csr)
    problem = await judge_submitted(work, station, request, hearing.rules, moment.now)
    if problem or isinstance(request, CsrProblem):
        words = problem or "it cannot be read"
        facts = {"reason": words}
        await work.journal(
            Event("certificate_request_unfit", moment.now, moment.actor, str(station.id), facts)
        )
        await _offer(work, fact.station, CsrUnfit(words), moment)
        return
    key = request.seen.key_fingerprint
    taken = CsrTaken(request.der, key, fact.use, fact.request_id, fact.fetches)
    used = used_certificate(await work.credentials.of(fact.station), moment.now)
    has_only_password = used is None and station.floor < station.profile
    origin = RenewalOrigin.COMMISSIONING if has_only_password else RenewalOrigin.STATION
    order = RenewalOrder(fact.station, origin, "station")
    await start_renewal(work, order, hearing.plan, moment, taken)


async def _csr_refused(work: UnitOfWork, fact: CsrRefused, _hearing: Hearing, moment: Moment) -> None:
    """Whoever waits for a request knows why it has none; a request that nobody waits for is the gateway's."""
    await _offer(work, fact.station, CsrUnfit(fact.words), moment)


async def _proven(work: UnitOfWork, fact: Proven, _hearing: Hearing, moment: Moment) -> None:
    if fact.fingerprint is not None and await work.denials.get(fact.fingerprint) is None:
        # Told again here: when the renewal began, the very first use may not have reached the store yet.
        before = certificate_before(await work.credentials.of(fact.station), fact.fingerprint, moment.now)
        await _offer(work, fact.station, CertificateProven(fact.fingerprint, before), moment)


async def _revoked(work: UnitOfWork, fact: CertificateRevoked, _hearing: Hearing, moment: Moment) -> None:
    """Nobody hands it out any more; and without a certificate nobody is led to where one is needed."""
    await _offer(work, fact.station, fact, moment)
    for lifecycle in await work.lifecycles.open_of(fact.station) if fact.was_last else ():
        if needs_certificate(lifecycle):
            await advance_lifecycle(work, lifecycle, Cancelled("revocation"), moment)


async def _came_back(work: UnitOfWork, fact: CameBack, _hearing: Hearing, moment: Moment) -> None:
    await _offer(work, fact.station, CameWith(fact.fingerprint), moment)
    if fact.profile is not None:
        await _offer(work, fact.station, CameOn(fact.profile), moment)


async def _complained(work: UnitOfWork, fact: Complained, _hearing: Hearing, moment: Moment) -> None:
    """Its certificate, our chain, our TLS: whichever of its life-cycles that concerns."""
    await _offer(work, fact.station, fact, moment)


async def _anchor_moved(work: UnitOfWork, fact: AnchorMoved, hearing: Hearing, moment: Moment) -> None:
    """What a station answered is not what it holds: it is read."""
    station = await work.stations.get(fact.station)
    if station is None or station.standing is Standing.RETIRED:
        return
    await _offer(work, fact.station, fact, moment)
    await start_reading(work, fact.station, hearing.plan.terms.ask_patience, moment)


async def _first_seen(work: UnitOfWork, fact: CertificateFirstSeen, hearing: Hearing, moment: Moment) -> None:
    """A manufacturer's certificate opens the unproven lane only: the station gets one of the operator's."""
    station = await work.stations.get(fact.station)
    if station is None or station.standing is Standing.RETIRED or fact.purpose is not Purpose.COMMISSIONING:
        return
    if station.profile is not SecurityProfile.TLS_CERTIFICATE:
        return
    if any(lifecycle.kind == KIND for lifecycle in await work.lifecycles.open_of(fact.station)):
        return
    order = RenewalOrder(fact.station, RenewalOrigin.FACTORY, moment.actor)
    await start_renewal(work, order, hearing.plan, moment)


async def _offer(work: UnitOfWork, station: StationId, fact: object, moment: Moment) -> None:
    """To each of the station's life-cycles that waits for such a thing."""
    for lifecycle in await work.lifecycles.open_of(station):
        if takes(lifecycle, type(fact)):
            await advance_lifecycle(work, lifecycle, fact, moment)


_HEARD: Mapping[type[Any], Callable[[UnitOfWork, Any, Hearing, Moment], Awaitable[None]]] = {
    AskAnswered: _ask_answered,
    CsrSubmitted: _submitted,
    CsrRefused: _csr_refused,
    Proven: _proven,
    CameBack: _came_back,
    AnchorMoved: _anchor_moved,
    Complained: _complained,
    CertificateFirstSeen: _first_seen,
    CertificateRevoked: _revoked,
}

"""What the gateway has told moves life-cycles: the inbox, times that have come, asks that have run out.

What waits together is heard together: in a unit of work that takes all of a portion out of where it waited.
Killed before the commit, it waits still; after it, it was heard. Where one of a portion cannot be taken, all
of them are heard once more, each in a unit of work of its own: nobody is hurt by his neighbours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.domain.ask import Ask
from voltward.domain.credential import Purpose
from voltward.domain.errors import OperatorFault, OutsideFault
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
from voltward.ports.lifecycles import WaitingFact
from voltward.ports.storage import Ahead, Conflict, Store, UnitOfWork
from voltward.usecases.issuance.request_ground import RequestRules, judge_submitted
from voltward.usecases.lifecycles.advance_lifecycle import Moment, advance_lifecycle, takes
from voltward.usecases.lifecycles.read_anchors import start_reading
from voltward.usecases.lifecycles.renewed_credentials import certificate_before, used_certificate
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, RenewalPlan, start_renewal
from voltward.usecases.trust.trust_authority import needs_certificate

PORTION: Final = 128  # facts, times or asks: the store is held for some hundredths of a second

Read = SigningRequest | CsrProblem


@dataclass(frozen=True, slots=True)
class Hearing:
    """What facts are heard with, beside the store."""

    plan: RenewalPlan
    rules: RequestRules


@dataclass(frozen=True, slots=True)
class _Ear:
    """What a portion is heard with. `requests`: those in it, read before anybody had to wait for it."""

    hearing: Hearing
    moment: Moment
    requests: Mapping[str, Read]


async def hear_facts(store: Store, hearing: Hearing, moment: Moment, *, limit: int = PORTION) -> int:
    """Hear the oldest facts that wait, at most so many; returns how many there were."""
    async with store.read() as reading:
        waiting = await reading.inbox.next(limit=limit)
    if not waiting:
        return 0  # mostly: nobody has to wait for a turn to write
    ear = _Ear(hearing, moment, _requests_in(waiting))
    try:
        await _hear(store, ear, waiting)
    except (OperatorFault, OutsideFault):
        for each in waiting:
            await _hear_one(store, ear, each)
    return len(waiting)


async def wake_due(store: Store, moment: Moment) -> int:
    """Tell those whose time has come; returns how many."""
    async with store.read() as reading:
        due = [lifecycle.id for lifecycle in await reading.lifecycles.due(moment.now, limit=PORTION)]
    try:
        await _wake(store, due, moment)
    except (OperatorFault, OutsideFault):
        for name in due:
            await _wake(store, [name], moment)
    return len(due)


async def expire_asks(store: Store, moment: Moment) -> int:
    """Asks that nobody took in time are answered so; returns how many."""
    async with store.read() as reading:
        expired = await reading.asks.expired(moment.now, limit=PORTION)
    try:
        await _expire(store, expired, moment)
    except (OperatorFault, OutsideFault):
        for ask in expired:
            await _expire(store, [ask], moment)
    return len(expired)


def _requests_in(waiting: Sequence[WaitingFact]) -> Mapping[str, Read]:
    texts = (each.fact.csr for each in waiting if isinstance(each.fact, CsrSubmitted))
    return {text: read_signing_request(text) for text in texts}


async def _hear(store: Store, ear: _Ear, waiting: Sequence[WaitingFact]) -> None:
    keys = [read.seen.key_fingerprint for read in ear.requests.values() if isinstance(read, SigningRequest)]
    async with store.begin() as work:
        if not await work.inbox.take([each.number for each in waiting]):
            return  # another worker was faster, and has heard them
        proven = [each.fact.fingerprint for each in waiting if isinstance(each.fact, Proven)]
        work.expect(
            Ahead(
                stations=[each.fact.station for each in waiting],
                keys=keys,
                certificates=[fingerprint for fingerprint in proven if fingerprint is not None],
            )
        )
        for each in waiting:
            await _HEARD[type(each.fact)](work, each.fact, ear)
        await work.commit()


async def _hear_one(store: Store, ear: _Ear, waiting: WaitingFact) -> None:
    """One that cannot be taken holds up nobody behind it: it is told, and done."""
    try:
        await _hear(store, ear, [waiting])
    except Conflict:
        raise
    except OperatorFault as refused:
        await _set_aside(store, waiting, refused, ear.moment)


async def _wake(store: Store, names: Sequence[str], moment: Moment) -> None:
    if not names:
        return
    async with store.begin() as work:
        work.expect(Ahead(lifecycles=names))
        for name in names:
            lifecycle = await work.lifecycles.get(name)
            if lifecycle is not None and lifecycle.is_due(moment.now):
                await advance_lifecycle(work, lifecycle, TimeCame(), moment)
        await work.commit()


async def _expire(store: Store, asks: Sequence[Ask], moment: Moment) -> None:
    if not asks:
        return
    async with store.begin() as work:
        work.expect(Ahead(stations=[ask.station for ask in asks]))
        for ask in asks:
            await _answered(work, ask.station, ask.id, IntentAnswer(Outcome.EXPIRED), moment)
        await work.commit()


async def _set_aside(store: Store, waiting: WaitingFact, refused: OperatorFault, moment: Moment) -> None:
    facts = {"reason": refused.what, "fact": type(waiting.fact).__name__}
    subject = str(waiting.fact.station)
    async with store.begin() as work:
        if await work.inbox.take([waiting.number]):
            await work.journal(Event("lifecycle_fact_refused", moment.now, moment.actor, subject, facts))
            await work.commit()


async def _ask_answered(work: UnitOfWork, fact: AskAnswered, ear: _Ear) -> None:
    await _answered(work, fact.station, fact.ask, fact.answer, ear.moment)


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


async def _submitted(work: UnitOfWork, fact: CsrSubmitted, ear: _Ear) -> None:
    """The gateway has looked at the request; whose its key is, only the store knows."""
    hearing, moment = ear.hearing, ear.moment
    station = await work.stations.get(fact.station)
    if station is None or station.standing is Standing.RETIRED:
        return
    if station.recommissioned_at is not None and fact.at < station.recommissioned_at:
        return  # the old hardware's
    request = ear.requests.get(fact.csr) or read_signing_request(fact.csr)
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


async def _csr_refused(work: UnitOfWork, fact: CsrRefused, ear: _Ear) -> None:
    """Whoever waits for a request knows why it has none; a request that nobody waits for is the gateway's."""
    await _offer(work, fact.station, CsrUnfit(fact.words), ear.moment)


async def _proven(work: UnitOfWork, fact: Proven, ear: _Ear) -> None:
    moment = ear.moment
    if fact.fingerprint is not None and await work.denials.get(fact.fingerprint) is None:
        # Told again here: when the renewal began, the very first use may not have reached the store yet.
        before = certificate_before(await work.credentials.of(fact.station), fact.fingerprint, moment.now)
        await _offer(work, fact.station, CertificateProven(fact.fingerprint, before), moment)


async def _revoked(work: UnitOfWork, fact: CertificateRevoked, ear: _Ear) -> None:
    """Nobody hands it out any more; and without a certificate nobody is led to where one is needed."""
    moment = ear.moment
    await _offer(work, fact.station, fact, moment)
    for lifecycle in await work.lifecycles.open_of(fact.station) if fact.was_last else ():
        if needs_certificate(lifecycle):
            await advance_lifecycle(work, lifecycle, Cancelled("revocation"), moment)


async def _came_back(work: UnitOfWork, fact: CameBack, ear: _Ear) -> None:
    await _offer(work, fact.station, CameWith(fact.fingerprint), ear.moment)
    if fact.profile is not None:
        await _offer(work, fact.station, CameOn(fact.profile), ear.moment)


async def _complained(work: UnitOfWork, fact: Complained, ear: _Ear) -> None:
    """Its certificate, our chain, our TLS: whichever of its life-cycles that concerns."""
    await _offer(work, fact.station, fact, ear.moment)


async def _anchor_moved(work: UnitOfWork, fact: AnchorMoved, ear: _Ear) -> None:
    """What a station answered is not what it holds: it is read."""
    station = await work.stations.get(fact.station)
    if station is None or station.standing is Standing.RETIRED:
        return
    await _offer(work, fact.station, fact, ear.moment)
    await start_reading(work, fact.station, ear.hearing.plan.terms.ask_patience, ear.moment)


async def _first_seen(work: UnitOfWork, fact: CertificateFirstSeen, ear: _Ear) -> None:
    """A manufacturer's certificate opens the unproven lane only: the station gets one of the operator's."""
    station = await work.stations.get(fact.station)
    if station is None or station.standing is Standing.RETIRED or fact.purpose is not Purpose.COMMISSIONING:
        return
    if station.profile is not SecurityProfile.TLS_CERTIFICATE:
        return
    if any(lifecycle.kind == KIND for lifecycle in await work.lifecycles.open_of(fact.station)):
        return
    order = RenewalOrder(fact.station, RenewalOrigin.FACTORY, ear.moment.actor)
    await start_renewal(work, order, ear.hearing.plan, ear.moment)


async def _offer(work: UnitOfWork, station: StationId, fact: object, moment: Moment) -> None:
    """To each of the station's life-cycles that waits for such a thing."""
    for lifecycle in await work.lifecycles.open_of(station):
        if takes(lifecycle, type(fact)):
            await advance_lifecycle(work, lifecycle, fact, moment)


_HEARD: Mapping[type[Any], Callable[[UnitOfWork, Any, _Ear], Awaitable[None]]] = {
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

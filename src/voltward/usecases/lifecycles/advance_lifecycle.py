"""The only driver of persisted life-cycles: one step, with all that it wants, in the caller's unit of work.

State, asks, errands, credentials and journal rows are saved together or not at all. So whoever is killed
leaves either the fact that was not heard, or the step that was made: never half of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from voltward.crypto.issuing.chain_forms import ChainForm, chain_text
from voltward.domain.ask import Ask
from voltward.domain.events import Event, FactValue
from voltward.domain.intents import InstallCertificate
from voltward.domain.station import StationId
from voltward.lifecycles.effects import (
    AskStation,
    AwaitCertificate,
    BeginUpgrade,
    DiscardCertificate,
    IssueCertificate,
    KeepAnchors,
    OfferCertificate,
    Record,
    RememberForm,
    SupersedeCertificate,
    TellOperator,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.machines import MACHINES
from voltward.lifecycles.renewal_state import TriedAgain
from voltward.lifecycles.step import IllegalTransition
from voltward.lifecycles.upgrade_state import KIND as UPGRADE_KIND
from voltward.lifecycles.upgrade_state import NOWHERE, NetworkPlace, Upgrade, UpgradeWanted
from voltward.ports.clock import Entropy
from voltward.ports.lifecycles import LONGEST_SLEEP, Errand, Lifecycle
from voltward.ports.storage import UnitOfWork
from voltward.usecases.lifecycles.renewed_credentials import (
    await_certificate,
    discard_certificate,
    supersede_certificate,
)
from voltward.usecases.trust.anchor_inventory import keep_anchors

ACTOR = "worker"


def no_certificates() -> Sequence[bytes]:
    """Where nobody is told which certificates there are."""
    return ()


def nowhere(_group: str) -> NetworkPlace:
    """Where nobody has set where stations reach us."""
    return NOWHERE


@dataclass(frozen=True, slots=True)
class Moment:
    """What a step needs beside the unit of work: the time, names for new rows, and who makes it.

    `known`: the certificates (DER) that a station's list is read with. `place_of`: where the stations of a
    group reach us.
    """

    now: datetime
    entropy: Entropy
    actor: str = ACTOR
    known: Callable[[], Sequence[bytes]] = no_certificates
    place_of: Callable[[str], NetworkPlace] = nowhere


async def advance_lifecycle(
    work: UnitOfWork, lifecycle: Lifecycle, fact: object, moment: Moment
) -> Lifecycle:
    """The life-cycle after the fact, saved. One that cannot come here is journalled, and changes nothing."""
    table = MACHINES[lifecycle.kind].table
    try:
        step = table.step(lifecycle.state, fact, moment.now)
    except IllegalTransition as refused:
        await _journal(work, lifecycle, moment, "lifecycle_fact_refused", {"reason": str(refused)})
        return lifecycle
    after = replace(
        lifecycle,
        state=step.state,
        ended_at=moment.now if step.state.phase in table.final else None,
        wake_at=_wake(step.effects, lifecycle.wake_at, moment.now),
    )
    if after.state.phase != lifecycle.state.phase:
        moved = {"from": lifecycle.state.phase.value, "to": after.state.phase.value}
        await _journal(work, after, moment, "lifecycle_advanced", {**moved, "fact": type(fact).__name__})
    for number, effect in enumerate(step.effects):
        carry_out = _CARRIED_OUT.get(type(effect))
        if carry_out is not None:
            await carry_out(_Doing(work, after, moment, number), effect)
    return await work.lifecycles.save(after) if after != lifecycle else after


async def begin_upgrade(
    work: UnitOfWork, station: StationId, wanted: BeginUpgrade, moment: Moment
) -> Lifecycle | None:
    """Lead a station to a profile; an upgrade that is under way goes on at once. None: it is not there."""
    record = await work.stations.get(station)
    if record is None:
        return None
    place = moment.place_of(record.group)
    for lifecycle in await work.lifecycles.open_of(station):
        if isinstance(lifecycle.state, Upgrade):
            moved = replace(lifecycle, state=replace(lifecycle.state, place=place))
            return await advance_lifecycle(work, moved, TriedAgain(moment.actor), moment)
    state = Upgrade(since=moment.now, profile=wanted.profile, terms=wanted.terms, place=place)
    name = moment.entropy.identifier()
    begun = Lifecycle(name, UPGRADE_KIND, station, state, moment.now, moment.actor)
    return await advance_lifecycle(work, await work.lifecycles.save(begun), UpgradeWanted(), moment)


def takes(lifecycle: Lifecycle, fact: type) -> bool:
    """Whether a fact of this kind may come to it where it stands."""
    return MACHINES[lifecycle.kind].table.takes(lifecycle.state.phase, fact)


@dataclass(frozen=True, slots=True)
class _Doing:
    """The `number`-th effect of a step."""

    work: UnitOfWork
    lifecycle: Lifecycle
    moment: Moment
    number: int

    @property
    def station(self) -> StationId:
        assert self.lifecycle.station is not None, "only a station's life-cycle wants this"
        return self.lifecycle.station


def _wake(effects: tuple[object, ...], before: datetime | None, now: datetime) -> datetime | None:
    """The last word counts; a time that is reckoned from one of a wrong clock ends as any other."""
    wakes = [effect.at for effect in effects if isinstance(effect, WakeAt)]
    at = wakes[-1] if wakes else before
    return min(at, now + LONGEST_SLEEP) if at is not None else None


async def _ask(doing: _Doing, effect: AskStation) -> None:
    lifecycle, now = doing.lifecycle, doing.moment.now
    # Numbered by the step, so that those of one moment are asked in their order.
    name = f"{lifecycle.id}-{lifecycle.revision:06d}-{doing.number:02d}"
    ask = Ask(name, lifecycle.id, doing.station, effect.intent, now, now + effect.patience)
    await doing.work.asks.add(ask)


async def _offer(doing: _Doing, effect: OfferCertificate) -> None:
    issued = await doing.work.issued.by_fingerprint(effect.fingerprint)
    assert issued is not None, "what was issued stays on record"
    intent = InstallCertificate(
        chain_text(issued.chain, ChainForm(effect.form)), effect.use, effect.request_id
    )
    await _ask(doing, AskStation(intent, effect.patience))


async def _withdraw(doing: _Doing, _effect: WithdrawAsks) -> None:
    await doing.work.asks.withdraw(doing.lifecycle.id)


async def _order(doing: _Doing, effect: IssueCertificate) -> None:
    # With the key: a restored store counts an attempt again, which the authority knows with another one.
    name = f"{doing.lifecycle.id}-{effect.attempt}-{effect.key.hex()[:16]}"
    await doing.work.errands.add(Errand(name, doing.lifecycle.id, effect, doing.moment.now))


async def _await(doing: _Doing, effect: AwaitCertificate) -> None:
    await await_certificate(doing.work, doing.station, effect.fingerprint, doing.moment.entropy.identifier())


async def _supersede(doing: _Doing, effect: SupersedeCertificate) -> None:
    await supersede_certificate(doing.work, doing.station, effect.fingerprint, doing.moment.now)


async def _discard(doing: _Doing, effect: DiscardCertificate) -> None:
    await discard_certificate(doing.work, doing.station, effect, doing.moment.now)


async def _record(doing: _Doing, effect: Record) -> None:
    await _journal(doing.work, doing.lifecycle, doing.moment, effect.kind, effect.facts)


async def _tell(doing: _Doing, effect: TellOperator) -> None:
    told = {"what": effect.what, "mend": effect.mend, "phase": doing.lifecycle.state.phase.value}
    await _journal(doing.work, doing.lifecycle, doing.moment, "attention_needed", told)


async def _remember(doing: _Doing, effect: RememberForm) -> None:
    station = await doing.work.stations.get(doing.station)
    if station is not None:
        await doing.work.chain_forms.remember(station.model, effect.form, worked=effect.worked)


async def _keep(doing: _Doing, effect: KeepAnchors) -> None:
    moment = doing.moment
    events = await keep_anchors(doing.work, doing.station, effect.installed, moment.known(), moment.now)
    for kind, facts in events:
        await _journal(doing.work, doing.lifecycle, moment, kind, facts)


async def _upgrade(doing: _Doing, effect: BeginUpgrade) -> None:
    await begin_upgrade(doing.work, doing.station, effect, doing.moment)


async def _journal(
    work: UnitOfWork, lifecycle: Lifecycle, moment: Moment, kind: str, facts: Mapping[str, FactValue]
) -> None:
    subject = str(lifecycle.station) if lifecycle.station is not None else lifecycle.kind
    named = {"lifecycle": lifecycle.id, "of_kind": lifecycle.kind, **facts}
    await work.journal(Event(kind, moment.now, moment.actor, subject, named))


# What becomes of each effect; `WakeAt` stands in the row of the life-cycle itself.
_CARRIED_OUT: Mapping[type[Any], Callable[[_Doing, Any], Awaitable[None]]] = {
    AskStation: _ask,
    OfferCertificate: _offer,
    WithdrawAsks: _withdraw,
    IssueCertificate: _order,
    AwaitCertificate: _await,
    SupersedeCertificate: _supersede,
    DiscardCertificate: _discard,
    Record: _record,
    TellOperator: _tell,
    RememberForm: _remember,
    KeepAnchors: _keep,
    BeginUpgrade: _upgrade,
}

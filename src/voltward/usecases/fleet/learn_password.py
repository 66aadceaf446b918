"""A password becomes known because the CSMS behind took it, while its station was only observed.

The CSMS is the judge here, so this is as good as the CSMS is. One that takes any password would let whoever
comes first during these weeks choose what opens later: so nothing is learnt beside a password that is proven
or learnt already, and a second one that the CSMS takes as well is told as a doubt about the CSMS.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from voltward.crypto.passwords.passwords import PasswordKeys, octets_of, sharing_of
from voltward.domain.credential import Credential, CredentialState, Origin, Password
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event, FactValue
from voltward.domain.secret import Secret
from voltward.domain.station import Standing, StationId
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import Reading, Store, UnitOfWork
from voltward.usecases.fleet.new_credential import NewPassword, password_credential
from voltward.usecases.fleet.weak_passwords import (
    GRACE,
    Grace,
    except_from,
    other_holders,
    spare_first_holder,
    weaknesses_of,
)

OWNER = "gateway"
Hash = Callable[[NewPassword], Awaitable[Password]]  # slow, and off the loop


@dataclass(frozen=True, slots=True)
class Lesson:
    """This station showed this password, and the CSMS behind took it."""

    station: StationId
    text: Secret
    at: datetime


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a password that the CSMS took was not learnt, where somebody should know."""

    reason: str


async def learn_password(
    store: Store, lesson: Lesson, hashed: Hash, keys: PasswordKeys, clock: Clock, entropy: Entropy
) -> Event | Doubt | None:
    """Save it; returns the event, or why not. None: there is nothing to learn (any more)."""
    try:
        octets_of(lesson.text)
    except OperatorFault as fault:
        return Doubt(f"the CSMS took it, but {fault.what}")
    async with store.read() as work:
        found = await _to_learn(work, lesson, keys)
    if not isinstance(found, NewPassword):
        return found
    proof = await hashed(found)  # no unit of work waits for it
    async with store.begin() as work:
        again = await _to_learn(work, lesson, keys)
        if not isinstance(again, NewPassword):
            return again
        credential = password_credential(again, proof, keys, clock, entropy)
        event = await _save(work, lesson, credential, clock)
        await work.commit()
    return event


async def _to_learn(work: Reading, lesson: Lesson, keys: PasswordKeys) -> NewPassword | Doubt | None:
    station = await work.stations.get(lesson.station)
    if station is None or station.standing is Standing.RETIRED or not station.profile.uses_password:
        return None
    if station.recommissioned_at is not None:
        return None  # the old hardware may still be about, and the CSMS does not know that it is gone
    held = [c for c in await work.credentials.of(lesson.station) if c.is_password]
    if any(c.sharing_digest == sharing_of(keys, lesson.text) for c in held):
        return None
    live = [c for c in held if c.state is not CredentialState.RETIRED]
    if any(c.proven_at is not None or c.origin is Origin.LEARNED for c in live):
        return Doubt(
            "the CSMS took another password than the one that is known: does it compare them at all?"
        )
    return NewPassword(lesson.station, lesson.text, Origin.LEARNED, station.serial)


async def _save(work: UnitOfWork, lesson: Lesson, credential: Credential, clock: Clock) -> Event:
    kin = [c.generation for c in await work.credentials.of(lesson.station) if c.is_password]
    credential = replace(
        credential, state=CredentialState.ACTIVE, generation=max(kin, default=0) + 1, created_at=lesson.at
    )
    await work.credentials.save(credential)
    others = await other_holders(work, credential)
    weak = tuple(w.control for w in weaknesses_of(credential, shared=bool(others)))
    grace = Grace(clock.now() + GRACE, OWNER, "learnt while it was observed")
    await except_from(work, lesson.station, weak, grace, clock)
    await spare_first_holder(work, others, grace, clock)
    facts: dict[str, FactValue] = {"generation": credential.generation, "weak": weak}
    event = Event("password_learnt", clock.now(), OWNER, str(lesson.station), facts)
    await work.journal(event)
    return event

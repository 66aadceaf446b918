"""A certificate that an authority outside has issued, and that is revoked here, gets onto its list there.

The door needs none of that: it goes by our own denial, from the commit on. An authority that takes
revocations over its protocol is told; where it does not, or will not, a person hears once what to do there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.events import Event, FactValue
from voltward.lifecycles.effects import RevokeCertificate
from voltward.ports.authority import Declined, Revocation, RevocationReason
from voltward.ports.lifecycles import Errand, IssuedCertificate
from voltward.ports.storage import Reading, Store, UnitOfWork
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.lifecycles.advance_lifecycle import Moment

# No life-cycle has this id, so none ends: these errands are never forgotten, and nobody is told twice.
LIFECYCLE: Final = "revocations"
TOLD_AT: Final = 4  # attempts
NOBODY_KNOWS: Final = Declined("its station is not registered any more, so nobody knows who signed it.")


async def order_revocations(store: Store, revoked: Sequence[IssuedCertificate], now: datetime) -> None:
    """An errand for each; harmless for those that have had theirs.

    One that was merely replaced is left out: on its authority's list, it would cut the station that falls
    back to it (ruling 25).
    """
    wanted = [one for one in revoked if one.reason != RevocationReason.SUPERSEDED.value]
    if not wanted:
        return
    async with store.begin() as work:
        for one in wanted:
            name = f"revoke-{one.fingerprint.hex()}"
            effect = RevokeCertificate(one.fingerprint)
            await work.errands.add(Errand(name, LIFECYCLE, effect, now))
        await work.commit()


async def revoke_there(store: Store, errand: Errand, desk: IssuingDesk, moment: Moment) -> None:
    """Tell the authority that signed it. OutsideFault while that is away: tried again later."""
    assert isinstance(errand.effect, RevokeCertificate)
    async with store.read() as reading:
        record = await reading.issued.by_fingerprint(errand.effect.fingerprint)
        name = await _signer_of(reading, record, desk) if record is not None else ""
    outcome: Declined | None = None
    if record is not None and record.revoked_at is not None:
        revocation = Revocation(
            record.issuer, record.serial, record.revoked_at, reason_of(record), record.chain[0]
        )
        try:
            outcome = await desk.authorities.named(name).revoke(revocation) if name else NOBODY_KNOWS
        except OperatorFault as fault:
            outcome = Declined(fault.what)
    async with store.begin() as work:
        await work.errands.done(errand.id)
        if record is not None:
            await _tell(work, record, outcome, moment)
        await work.commit()


async def _signer_of(reading: Reading, record: IssuedCertificate, desk: IssuingDesk) -> str:
    """By the record; where that is older than this word of it, who signs for its station's group by now."""
    if record.authority or record.station is None:
        return record.authority
    station = await reading.stations.get(record.station)
    return desk.authorities.name_for(station) if station is not None else ""


async def tell_delay(store: Store, errand: Errand, fault: OutsideFault, moment: Moment) -> None:
    """Somebody hears of it when it has failed for a while; it is tried on and on."""
    if errand.attempts + 1 != TOLD_AT:
        return
    assert isinstance(errand.effect, RevokeCertificate)
    async with store.begin() as work:
        record = await work.issued.by_fingerprint(errand.effect.fingerprint)
        if record is not None:
            await _attention(work, record, f"its authority cannot be told: {fault.what}", moment)
            await work.commit()


def reason_of(record: IssuedCertificate) -> RevocationReason:
    """What was discarded has words of its own in the place of the code."""
    known = set(RevocationReason)
    return RevocationReason(record.reason) if record.reason in known else RevocationReason.UNSPECIFIED


async def _tell(
    work: UnitOfWork, record: IssuedCertificate, outcome: Declined | None, moment: Moment
) -> None:
    if outcome is not None:
        await _attention(work, record, f"its authority has not revoked it: {outcome.words}", moment)
        return
    await _journal(work, "certificate_revoked_there", record, {}, moment)


async def _attention(work: UnitOfWork, record: IssuedCertificate, what: str, moment: Moment) -> None:
    told: dict[str, FactValue] = {
        "what": f"a certificate is revoked here, and {what}",
        "mend": f"Have {record.serial:x} revoked at its authority, for others to know. Here it is refused.",
    }
    await _journal(work, "attention_needed", record, told, moment)


async def _journal(
    work: UnitOfWork, kind: str, record: IssuedCertificate, facts: dict[str, FactValue], moment: Moment
) -> None:
    named = {
        "certificate": record.fingerprint.hex(),
        "serial": f"{record.serial:x}",
        "authority": record.authority,
        "issuer": record.issuer,
    }
    await work.journal(Event(kind, moment.now, moment.actor, str(record.station or ""), {**named, **facts}))

"""A request that was taken becomes a certificate: the order, the authority's word, and its record.

The order's id is that of the errand, so the authority gives the same certificate however often it is asked;
the record and the step of the life-cycle are one unit of work. So nothing is issued twice, and nothing that
was issued is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voltward.crypto.issuing.chain_forms import ChainForm, fitting_forms
from voltward.crypto.issuing.issued_certificates import IssuedSeen, read_issued
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.station import Model
from voltward.lifecycles.effects import DiscardCertificate, IssueCertificate
from voltward.lifecycles.renewal_state import (
    AuthorityDeclined,
    CertificateIssued,
    OfferedForm,
    Renewal,
)
from voltward.ports.authority import (
    Authorities,
    CertificateAuthority,
    CertificateKind,
    CertificateOrder,
    Declined,
    Issued,
    Pending,
)
from voltward.ports.lifecycles import Errand, IssuedCertificate, Lifecycle
from voltward.ports.storage import Ahead, Reading, UnitOfWork
from voltward.usecases.lifecycles.advance_lifecycle import Moment, advance_lifecycle
from voltward.usecases.lifecycles.renewed_credentials import discard_certificate
from voltward.usecases.trust.trust_authority import deny_certificate


@dataclass(frozen=True, slots=True)
class IssuingDesk:
    """Who signs for which station, and whose organisation stands in it."""

    authorities: Authorities
    organisation: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is ordered for an errand, for a station of which model, and by the authority of which name.

    An errand that has the name of its authority may have been with it already.
    """

    errand: Errand
    order: CertificateOrder
    model: Model
    by: str


@dataclass(frozen=True, slots=True)
class Certified:
    """What the authority of this name gave, looked at: it is an answer to the request."""

    chain: tuple[bytes, ...]
    seen: IssuedSeen
    model: Model
    by: str


async def read_orders(reading: Reading, errands: Sequence[Errand], desk: IssuingDesk) -> Sequence[Ordered]:
    """What the errands are about, but for those that nobody wants any more, or somebody else has done."""
    wanted = Ahead(lifecycles=[one.lifecycle for one in errands], orders=[one.id for one in errands])
    reading.expect(wanted)
    found = [await _ordered(reading, errand, desk) for errand in errands]
    return [ordered for ordered in found if ordered is not None]


async def order_certificate(ordered: Ordered, desk: IssuingDesk) -> Certified | Pending | Declined:
    """The authority's word. OutsideFault where it cannot be reached, or its answer is none to the request.

    OperatorFault where the settings know it no more: while it may have signed, nobody else is asked.
    """
    outcome = await _authority(ordered, desk).issue(ordered.order)
    if not isinstance(outcome, Issued):
        return outcome
    assert isinstance(ordered.errand.effect, IssueCertificate)
    seen = read_issued(outcome.chain, ordered.order.csr, ordered.errand.effect.key)
    return Certified(outcome.chain, seen, ordered.model, ordered.by)


async def record_certified(work: UnitOfWork, errand: Errand, certified: Certified, moment: Moment) -> None:
    """Save the certificate, and tell its life-cycle; where that has ended, nobody will ever hold it.

    One that is on record was told in the same unit of work, by whoever took the lease over: its station may
    use it by now.
    """
    assert isinstance(errand.effect, IssueCertificate)
    lifecycle = await work.lifecycles.get(errand.lifecycle)
    assert lifecycle is not None, "a life-cycle is never deleted"
    if await work.issued.by_order(errand.id) is not None:
        return
    record = await work.issued.save(_record(errand, lifecycle, certified, moment.now))
    facts = {"certificate": record.fingerprint.hex(), "serial": f"{record.serial:x}", "order": errand.id}
    told = {
        **facts,
        "authority": record.authority,
        "issuer": record.issuer,
        "not_after": record.not_after.isoformat(),
    }
    await work.journal(Event("certificate_issued", moment.now, moment.actor, str(lifecycle.station), told))
    if lifecycle.ended_at is not None and lifecycle.station is not None:
        effect = DiscardCertificate(record.fingerprint, "its renewal had ended before it was issued")
        await discard_certificate(work, lifecycle.station, effect, moment.now)
        return
    denied = await work.denials.get(record.fingerprint)
    if denied is not None:  # issued and revoked before; then the store was restored
        await deny_certificate(work, denied)
        await record_declined(work, errand, Declined("what it signed for this request is revoked."), moment)
        return
    forms = await _forms(work, lifecycle, certified)
    attempt, root = errand.effect.attempt, certified.seen.root_pem
    fact = CertificateIssued(attempt, record.fingerprint, record.not_after, forms, root)
    await advance_lifecycle(work, lifecycle, fact, moment)


async def record_declined(work: UnitOfWork, errand: Errand, declined: Declined, moment: Moment) -> None:
    """Tell the life-cycle, where it still wants to know."""
    lifecycle = await work.lifecycles.get(errand.lifecycle)
    assert isinstance(errand.effect, IssueCertificate)
    if lifecycle is not None and lifecycle.ended_at is None:
        fact = AuthorityDeclined(errand.effect.attempt, declined.words)
        await advance_lifecycle(work, lifecycle, fact, moment)


async def _ordered(reading: Reading, errand: Errand, desk: IssuingDesk) -> Ordered | None:
    assert isinstance(errand.effect, IssueCertificate)
    lifecycle = await reading.lifecycles.get(errand.lifecycle)
    if lifecycle is None or lifecycle.station is None:
        return None
    station = await reading.stations.get(lifecycle.station)
    record = await reading.issued.by_order(errand.id)
    if station is None or lifecycle.ended_at is not None or record is not None:
        return None
    name = station.serial or station.id.identity
    order = CertificateOrder(
        errand.id, CertificateKind.STATION, errand.effect.csr_der, name, desk.organisation
    )
    return Ordered(errand, order, station.model, errand.authority or desk.authorities.name_for(station))


def _authority(ordered: Ordered, desk: IssuingDesk) -> CertificateAuthority:
    try:
        return desk.authorities.named(ordered.by)
    except OperatorFault as fault:
        if not ordered.errand.authority:
            raise
        raise OperatorFault(
            f"the authority {ordered.by!r} may have signed already, and cannot be asked: {fault.what}",
            mend=f"Put [authority.{ordered.by}] back until it has answered. Where it is gone for good: "
            f"`voltward lifecycle cancel {ordered.errand.lifecycle[:8]}`, then `voltward cert renew ID`: "
            "another one signs a new request.",
            subject=ordered.by,
        ) from fault


async def _forms(work: Reading, lifecycle: Lifecycle, certified: Certified) -> tuple[OfferedForm, ...]:
    """What fits the station; first what worked with its model more often than not."""
    tried = await work.chain_forms.of(certified.model)
    best = max(tried, key=lambda form: form.worked - form.failed, default=None)
    known = set(ChainForm)
    first = ChainForm(best.form) if best is not None and best.worked > 0 and best.form in known else None
    longest = lifecycle.state.longest_chain if isinstance(lifecycle.state, Renewal) else None
    return tuple(OfferedForm(form.value) for form in fitting_forms(certified.chain, longest, first))


def _record(errand: Errand, lifecycle: Lifecycle, certified: Certified, now: datetime) -> IssuedCertificate:
    seen = certified.seen
    return IssuedCertificate(
        fingerprint=seen.fingerprint,
        station=lifecycle.station,
        order=errand.id,
        issuer=seen.issuer.hex(),
        serial=seen.serial,
        common_name=seen.common_name,
        not_before=seen.not_before,
        not_after=seen.not_after,
        key=seen.key,
        chain=certified.chain,
        issued_at=now,
        authority=certified.by,
    )

"""A request that was taken becomes a certificate: the order, the authority's word, and its record.

The order's id is that of the errand, so the authority gives the same certificate however often it is asked;
the record and the step of the life-cycle are one unit of work. So nothing is issued twice, and nothing that
was issued is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voltward.crypto.issuing.chain_forms import ChainForm, chain_texts
from voltward.crypto.issuing.issued_certificates import IssuedSeen, read_issued, requested_key
from voltward.domain.events import Event
from voltward.domain.station import Station
from voltward.lifecycles.effects import DiscardCertificate, IssueCertificate
from voltward.lifecycles.renewal_state import (
    AuthorityDeclined,
    CertificateIssued,
    OfferedForm,
    Renewal,
)
from voltward.ports.authority import Authorities, CertificateKind, CertificateOrder, Declined, Issued
from voltward.ports.lifecycles import Errand, IssuedCertificate, Lifecycle
from voltward.ports.storage import Reading, Store, UnitOfWork
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
    """What is ordered for whom."""

    station: Station
    order: CertificateOrder


async def read_order(store: Store, errand: Errand, desk: IssuingDesk) -> Ordered | None:
    """What the errand is about; None where nobody wants it any more, or somebody else has done it."""
    assert isinstance(errand.effect, IssueCertificate)
    async with store.read() as reading:
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
    return Ordered(station, order)


@dataclass(frozen=True, slots=True)
class Signed:
    """What the authority of this name gave."""

    issued: Issued
    by: str


async def record_issued(work: UnitOfWork, errand: Errand, signed: Signed, moment: Moment) -> None:
    """Save the certificate, and tell its life-cycle; where that has ended, nobody will ever hold it.

    One that is on record was told in the same unit of work, by whoever took the lease over: its station may
    use it by now. OutsideFault for what is no answer to the request.
    """
    assert isinstance(errand.effect, IssueCertificate)
    seen = read_issued(signed.issued.chain, errand.effect.csr_der)
    lifecycle = await work.lifecycles.get(errand.lifecycle)
    assert lifecycle is not None, "a life-cycle is never deleted"
    if await work.issued.by_order(errand.id) is not None:
        return
    record = await work.issued.save(_record(errand, lifecycle, signed, seen, moment.now))
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
    forms = await _forms(work, lifecycle, record)
    attempt = errand.effect.attempt
    fact = CertificateIssued(attempt, record.fingerprint, record.not_after, forms, seen.root_pem)
    await advance_lifecycle(work, lifecycle, fact, moment)


async def record_declined(work: UnitOfWork, errand: Errand, declined: Declined, moment: Moment) -> None:
    """Tell the life-cycle, where it still wants to know."""
    lifecycle = await work.lifecycles.get(errand.lifecycle)
    assert isinstance(errand.effect, IssueCertificate)
    if lifecycle is not None and lifecycle.ended_at is None:
        fact = AuthorityDeclined(errand.effect.attempt, declined.words)
        await advance_lifecycle(work, lifecycle, fact, moment)


async def _forms(work: Reading, lifecycle: Lifecycle, record: IssuedCertificate) -> tuple[OfferedForm, ...]:
    """What fits the station; first what worked with its model more often than not."""
    assert lifecycle.station is not None
    station = await work.stations.get(lifecycle.station)
    tried = await work.chain_forms.of(station.model) if station is not None else ()
    best = max(tried, key=lambda form: form.worked - form.failed, default=None)
    known = set(ChainForm)
    first = ChainForm(best.form) if best is not None and best.worked > 0 and best.form in known else None
    longest = lifecycle.state.longest_chain if isinstance(lifecycle.state, Renewal) else None
    texts = chain_texts(record.chain, longest, first)
    return tuple(OfferedForm(text.form.value, text.pem) for text in texts.fitting)


def _record(
    errand: Errand, lifecycle: Lifecycle, signed: Signed, seen: IssuedSeen, now: datetime
) -> IssuedCertificate:
    assert isinstance(errand.effect, IssueCertificate)
    leaf = seen.leaf
    return IssuedCertificate(
        fingerprint=leaf.fingerprint,
        station=lifecycle.station,
        order=errand.id,
        issuer=seen.issuer.hex(),
        serial=int(leaf.serial_number, 16),
        common_name=(leaf.common_names or ("",))[0],
        not_before=leaf.not_before,
        not_after=leaf.not_after,
        key=requested_key(errand.effect.csr_der),
        chain=signed.issued.chain,
        issued_at=now,
        authority=signed.by,
    )

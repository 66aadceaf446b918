"""A whole authority is revoked: nobody comes in by it any more; ours also come onto their root's list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from voltward.crypto.reading.certificates import fingerprint, read_with_key
from voltward.domain.authority import Authority
from voltward.domain.events import Event
from voltward.ports.clock import Clock
from voltward.ports.lifecycles import IssuedCertificate
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.revocation.revoke_certificates import RevocationOrder
from voltward.usecases.trust.trust_authority import authority_named


async def revoke_authority(
    store: Store, authority_id: str, own_chain: Sequence[bytes], order: RevocationOrder, clock: Clock
) -> Authority:
    """Take its trust, for good. `own_chain`: DER forms from it up to its root, where it is one of ours.

    `authority_id`: the start of its id. OperatorFault where that names none in force, or several.
    """
    now = clock.now()
    async with store.begin() as work:
        retired = replace(await authority_named(work, authority_id), retired_at=now)
        await work.authorities.save(retired)
        if len(own_chain) > 1:
            await _list(work, own_chain, order, now)
        facts = {"name": retired.name, "reason": order.words, "code": order.reason.value, "revoked": True}
        await work.journal(Event("authority_distrusted", now, order.actor, retired.id, facts))
        await work.commit()
    return retired


async def _list(work: UnitOfWork, chain: Sequence[bytes], order: RevocationOrder, now: datetime) -> None:
    """On record like any certificate that was revoked, so that the signer is told of it like of those."""
    row = await work.issued.by_fingerprint(fingerprint(chain[0])) or authority_row(chain, now)
    if row.revoked_at is None:
        await work.issued.save(replace(row, revoked_at=now, reason=order.reason.value))


def authority_row(chain: Sequence[bytes], now: datetime) -> IssuedCertificate:
    """The record of an authority's own certificate; `chain` begins with it, its issuer is next."""
    seen, key = read_with_key(chain[0])
    return IssuedCertificate(
        fingerprint=seen.fingerprint,
        station=None,
        order=f"authority-{seen.fingerprint.hex()}",
        issuer=fingerprint(chain[1]).hex(),
        serial=int(seen.serial_number, 16),
        common_name=(seen.common_names or (seen.subject,))[0],
        not_before=seen.not_before,
        not_after=seen.not_after,
        key=key,
        chain=tuple(chain),
        issued_at=now,
    )

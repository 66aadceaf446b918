"""Certificates that were issued, as rows: found by order, by key, by station, and by when they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, and_, insert, or_, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.lifecycle_tables import ISSUED_CERTIFICATES
from voltward.adapters.value_form import packed, unpacked
from voltward.domain.station import StationId
from voltward.ports.lifecycles import IssuedCertificate
from voltward.ports.storage import Conflict

_ROW = ISSUED_CERTIFICATES.c
_CHAIN = tuple[bytes, ...]
FINGERPRINT_DIGITS: Final = 64  # of SHA-256


class SqlIssuedStore:
    """`ports.lifecycles.IssuedStore` inside one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def by_order(self, order: str) -> IssuedCertificate | None:
        found = await self._many(_ROW.order == order)
        return found[0] if found else None

    async def by_fingerprint(self, fingerprint: bytes) -> IssuedCertificate | None:
        found = await self._many(_ROW.fingerprint == fingerprint)
        return found[0] if found else None

    async def some(self, fingerprints: Sequence[bytes]) -> Sequence[IssuedCertificate]:
        return await self._many(_ROW.fingerprint.in_(fingerprints))

    async def beginning(self, digits: str, *, limit: int) -> Sequence[IssuedCertificate]:
        first, last = (bytes.fromhex(digits.ljust(FINGERPRINT_DIGITS, end)) for end in "0f")
        found = select(ISSUED_CERTIFICATES).where(_ROW.fingerprint.between(first, last))
        return await self._transaction.each(found.order_by(_ROW.fingerprint).limit(limit), issued_of)

    async def by_serial(self, issuer: str, serial: int) -> IssuedCertificate | None:
        found = await self._many(_ROW.issuer == issuer, _ROW.serial == f"{serial:x}")
        return found[0] if found else None

    async def by_key(self, key: bytes) -> Sequence[IssuedCertificate]:
        return await self._many(_ROW.key == key)

    async def of(self, station: StationId) -> Sequence[IssuedCertificate]:
        mine = _ROW.tenant == station.tenant, _ROW.identity == station.identity
        return (await self._many(*mine))[::-1]

    async def expiring(
        self, before: datetime, *, limit: int, after: IssuedCertificate | None = None
    ) -> Sequence[IssuedCertificate]:
        conditions: list[ColumnElement[bool]] = [_ROW.not_after < before, _ROW.revoked_at.is_(None)]
        if after is not None:
            same_end = and_(_ROW.not_after == after.not_after, _ROW.fingerprint > after.fingerprint)
            conditions.append(or_(_ROW.not_after > after.not_after, same_end))
        soonest = select(ISSUED_CERTIFICATES).where(*conditions).order_by(_ROW.not_after, _ROW.fingerprint)
        return await self._transaction.each(soonest.limit(limit), issued_of)

    async def revoked(
        self, since: datetime, *, limit: int, after: IssuedCertificate | None = None
    ) -> Sequence[IssuedCertificate]:
        conditions: list[ColumnElement[bool]] = [_ROW.revoked_at >= since]
        if after is not None:
            same_time = and_(_ROW.revoked_at == after.revoked_at, _ROW.fingerprint > after.fingerprint)
            conditions.append(or_(_ROW.revoked_at > after.revoked_at, same_time))
        oldest = select(ISSUED_CERTIFICATES).where(*conditions).order_by(_ROW.revoked_at, _ROW.fingerprint)
        return await self._transaction.each(oldest.limit(limit), issued_of)

    async def save(self, certificate: IssuedCertificate) -> IssuedCertificate:
        values = issued_values(certificate)
        if certificate.revision == 0:
            taken = or_(_ROW.order == certificate.order, _ROW.fingerprint == certificate.fingerprint)
            if await self._many(taken):
                raise _conflict(certificate, "this order has its certificate already.")
            await self._transaction.change(insert(ISSUED_CERTIFICATES).values(values))
        else:
            same = _ROW.fingerprint == certificate.fingerprint, _ROW.revision == certificate.revision
            changed = update(ISSUED_CERTIFICATES).where(*same).values(values)
            if await self._transaction.change(changed) == 0:
                raise _conflict(certificate, "somebody else changed this certificate's record meanwhile.")
        return replace(certificate, revision=certificate.revision + 1)

    async def _many(self, *conditions: ColumnElement[bool]) -> list[IssuedCertificate]:
        """One, or those of a station or a key: few enough to be read at once."""
        ordered = select(ISSUED_CERTIFICATES).where(*conditions)
        rows = await self._transaction.all(ordered.order_by(_ROW.issued_at, _ROW.fingerprint))
        return [issued_of(row) for row in rows]


def _conflict(certificate: IssuedCertificate, what: str) -> Conflict:
    return Conflict(what, mend="Read it again and decide again.", subject=certificate.common_name)


def issued_values(certificate: IssuedCertificate) -> dict[str, Any]:
    """The row to be written, with the next revision."""
    station = certificate.station
    return {
        "fingerprint": certificate.fingerprint,
        "tenant": station.tenant if station else None,
        "identity": station.identity if station else None,
        "order": certificate.order,
        "issuer": certificate.issuer,
        "serial": f"{certificate.serial:x}",
        "common_name": certificate.common_name,
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "key": certificate.key,
        "chain": packed(certificate.chain),
        "issued_at": certificate.issued_at,
        "authority": certificate.authority,
        "revoked_at": certificate.revoked_at,
        "reason": certificate.reason,
        "revision": certificate.revision + 1,
    }


def issued_of(row: RowMapping) -> IssuedCertificate:
    """The record of a row."""
    return IssuedCertificate(
        fingerprint=row["fingerprint"],
        station=StationId(row["identity"], row["tenant"]) if row["identity"] is not None else None,
        order=row["order"],
        issuer=row["issuer"],
        serial=int(row["serial"], 16),
        common_name=row["common_name"],
        not_before=row["not_before"],
        not_after=row["not_after"],
        key=row["key"],
        chain=unpacked(row["chain"], _CHAIN),
        issued_at=row["issued_at"],
        authority=row["authority"],
        revoked_at=row["revoked_at"],
        reason=row["reason"],
        revision=row["revision"],
    )

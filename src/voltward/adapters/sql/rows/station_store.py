"""Stations as rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, insert, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.quirk_rows import quirk_values, quirks_of
from voltward.adapters.sql.rows.tables import STATIONS
from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import Lane, Latch, LatchStage, Model, Standing, Station, StationId
from voltward.ports.change_feed import Aggregate
from voltward.ports.storage import Conflict


class SqlStationStore:
    """`ports.storage.StationStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def get(self, station: StationId) -> Station | None:
        return await self._one(STATIONS.c.tenant == station.tenant, STATIONS.c.identity == station.identity)

    async def by_folded(self, station: StationId) -> Station | None:
        tenant, folded = station.folded()
        return await self._one(STATIONS.c.tenant == tenant, STATIONS.c.folded == folded)

    async def by_serial(self, tenant: str, serial: str) -> Sequence[Station]:
        return await self._many(STATIONS.c.tenant == tenant, STATIONS.c.serial == serial)

    async def all(self, *, group: str | None = None) -> Sequence[Station]:
        return await self._many(*([STATIONS.c.group == group] if group is not None else []))

    async def save(self, station: Station) -> Station:
        values = _values(station)
        if station.revision == 0:
            await self._refuse_twin(station.id)
            await self._transaction.change(insert(STATIONS).values(values))
        else:
            updated = await self._transaction.change(
                update(STATIONS)
                .where(
                    STATIONS.c.tenant == station.id.tenant,
                    STATIONS.c.identity == station.id.identity,
                    STATIONS.c.revision == station.revision,
                )
                .values(values)
            )
            if updated == 0:
                raise Conflict(
                    "somebody else changed this station meanwhile.",
                    mend="Look at it again and repeat the order.",
                    subject=str(station.id),
                )
        self._changes.note(Aggregate.STATION, station.id)
        return replace(station, revision=station.revision + 1)

    async def _refuse_twin(self, station: StationId) -> None:
        twin = await self.by_folded(station)
        if twin is None:
            return
        if twin.id == station:
            raise Conflict("it is registered already.", subject=str(station))
        raise OperatorFault(
            f"{twin.id} is registered already, and differs only in upper and lower case.",
            mend="Give this station another identity, or retire that one.",
            subject=str(station),
        )

    async def _one(self, *conditions: ColumnElement[bool]) -> Station | None:
        row = await self._transaction.first(select(STATIONS).where(*conditions))
        return station_of(row) if row is not None else None

    async def _many(self, *conditions: ColumnElement[bool]) -> list[Station]:
        return await self._transaction.each(
            select(STATIONS).where(*conditions).order_by(STATIONS.c.tenant, STATIONS.c.identity), station_of
        )


def _values(station: Station) -> dict[str, Any]:
    """The row to be written, with the next revision."""
    tenant, folded = station.id.folded()
    allowance, latch = station.allowance, station.latch
    return {
        "tenant": tenant,
        "identity": station.id.identity,
        "folded": folded,
        "profile": station.profile.value,
        "floor": station.floor.value,
        "group": station.group,
        "site": station.site or None,
        "serial": station.serial,
        "standing": station.standing.value,
        "allowance_profile": allowance.profile.value if allowance else None,
        "allowance_until": allowance.until if allowance else None,
        "allowance_owner": allowance.owner if allowance else None,
        "allowance_reason": allowance.reason if allowance else None,
        "latch_profile": latch.profile.value if latch else None,
        "latch_stage": latch.stage.value if latch else None,
        "latch_at": latch.at if latch else None,
        "quarantine_lane": station.quarantine_lane.value if station.quarantine_lane else None,
        "note": station.note,
        "created_at": station.created_at,
        "known_sources": list(station.known_sources),
        "recommissioned_at": station.recommissioned_at,
        "csms_password": station.csms_password or None,
        "vendor": station.model.vendor,
        "model": station.model.name,
        "firmware": station.model.firmware,
        "quirks": quirk_values(station.quirks),
        "behind": list(station.behind) or None,
        "revision": station.revision + 1,
    }


def station_of(row: RowMapping) -> Station:
    """Words that a whole fleet shares are kept once: a registry holds tens of thousands of these."""
    return Station(
        id=StationId(row["identity"], sys.intern(row["tenant"])),
        profile=SecurityProfile(row["profile"]),
        floor=SecurityProfile(row["floor"]),
        group=sys.intern(row["group"]),
        site=sys.intern(row["site"] or ""),
        serial=row["serial"],
        standing=Standing(row["standing"]),
        allowance=_allowance(row),
        latch=_latch(row),
        quarantine_lane=Lane(row["quarantine_lane"]) if row["quarantine_lane"] else None,
        note=row["note"],
        created_at=row["created_at"],
        known_sources=tuple(row["known_sources"]),
        recommissioned_at=row["recommissioned_at"],
        csms_password=row["csms_password"] or b"",
        model=_model(row["vendor"], row["model"], row["firmware"]),
        quirks=quirks_of(row["quirks"]),
        behind=tuple(row["behind"] or ()),
        revision=row["revision"],
    )


_model = lru_cache(maxsize=4096)(Model)


def _allowance(row: RowMapping) -> Allowance | None:
    if row["allowance_profile"] is None:
        return None
    return Allowance(
        SecurityProfile(row["allowance_profile"]),
        row["allowance_until"],
        row["allowance_owner"],
        row["allowance_reason"],
    )


def _latch(row: RowMapping) -> Latch | None:
    if row["latch_profile"] is None:
        return None
    return Latch(SecurityProfile(row["latch_profile"]), LatchStage(row["latch_stage"]), row["latch_at"])

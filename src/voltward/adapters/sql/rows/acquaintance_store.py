"""Acquaintances as rows: one for a station, and one for each manner in which it was seen to come.

Both kinds are written anew for each station that is put: a few statements for hundreds of stations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Executable, Table, and_, delete, func, insert, or_, select

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.stored_text import is_storable, storable
from voltward.adapters.sql.rows.tables import ACQUAINTANCES, MANNERS, STATIONS
from voltward.domain.acquaintance import Acquaintance, Habits, Manner, MannerSeen, Wanting
from voltward.domain.enforcement import Answer
from voltward.domain.station import Standing, StationId
from voltward.ports.storage import StationMet

_Item = TypeVar("_Item")
_PORTION: Final = 500  # stations named in one statement
_LONGEST: Final = 255  # characters of a name
_LONGEST_DETAIL: Final = 1024
_MANNER: Final = (
    "profile",
    "credential",
    "subprotocol",
    "source",
    "tls",
    "suite",
    "key_group",
    "server_name",
)


class SqlAcquaintanceStore:
    """`ports.storage.AcquaintanceStore` inside one transaction. Nothing of it is in the change feed."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of(self, stations: Sequence[StationId]) -> Mapping[StationId, Acquaintance]:
        manners: dict[StationId, list[MannerSeen]] = defaultdict(list)
        found: dict[StationId, Acquaintance] = {}
        for named in _portions(stations):
            wanted = select(MANNERS).where(_among(MANNERS, named)).order_by(MANNERS.c.number)
            for row in await self._transaction.all(wanted):
                manners[StationId(row["identity"], row["tenant"])].append(_manner_seen(row))
            for row in await self._transaction.all(select(ACQUAINTANCES).where(_among(ACQUAINTANCES, named))):
                station = StationId(row["identity"], row["tenant"])
                found[station] = _acquaintance(station, row, tuple(manners[station]))
        return found

    async def put(self, acquaintances: Sequence[Acquaintance]) -> None:
        """A stranger whose name no registry can hold is not kept."""
        kept = [each for each in acquaintances if is_storable(each.station.identity, _LONGEST)]
        for portion in _portions(kept):
            named = [acquaintance.station for acquaintance in portion]
            for table in (MANNERS, ACQUAINTANCES):
                await self._transaction.change(delete(table).where(_among(table, named)))
            await self._transaction.change(insert(ACQUAINTANCES), [_values(each) for each in portion])
            rows = [row for each in portion for row in _manner_rows(each)]
            if rows:
                await self._transaction.change(insert(MANNERS), rows)

    async def strangers(self) -> int:
        row = await self._transaction.first(
            select(func.count().label("number")).select_from(_joined()).where(STATIONS.c.identity.is_(None))
        )
        return int(row["number"]) if row is not None else 0

    async def each_station(self, group: str | None = None) -> AsyncIterator[Sequence[StationMet]]:
        columns = (STATIONS.c.group, STATIONS.c.standing, STATIONS.c.created_at)
        stations = STATIONS.outerjoin(ACQUAINTANCES, _same(STATIONS, ACQUAINTANCES))
        wanted = (
            select(STATIONS.c.tenant, STATIONS.c.identity, *columns, *_facts_of(ACQUAINTANCES))
            .select_from(stations)
            .order_by(STATIONS.c.tenant, STATIONS.c.identity)
        )
        if group is not None:
            wanted = wanted.where(STATIONS.c.group == group)
        async for rows in self._stream(wanted):
            yield [_station_met(row) for row in rows]

    async def each_stranger(self) -> AsyncIterator[Sequence[Acquaintance]]:
        wanted = (
            select(ACQUAINTANCES)
            .select_from(_joined())
            .where(STATIONS.c.identity.is_(None))
            .order_by(ACQUAINTANCES.c.tenant, ACQUAINTANCES.c.identity)
        )
        async for rows in self._stream(wanted):
            yield [_acquaintance(StationId(row["identity"], row["tenant"]), row, ()) for row in rows]

    async def each_manner(self) -> AsyncIterator[Sequence[tuple[StationId, MannerSeen]]]:
        wanted = select(MANNERS).order_by(MANNERS.c.tenant, MANNERS.c.identity, MANNERS.c.number)
        async for rows in self._stream(wanted):
            yield [(StationId(row["identity"], row["tenant"]), _manner_seen(row)) for row in rows]

    async def _stream(self, wanted: Executable) -> AsyncIterator[list[Any]]:
        async for rows in self._transaction.stream(wanted):
            yield [row._mapping for row in rows]  # noqa: SLF001 - the public name of it


def _joined() -> Any:
    return ACQUAINTANCES.outerjoin(STATIONS, _same(ACQUAINTANCES, STATIONS))


def _same(one: Table, other: Table) -> ColumnElement[bool]:
    return and_(one.c.tenant == other.c.tenant, one.c.identity == other.c.identity)


def _facts_of(table: Table) -> list[Any]:
    return [column for column in table.c if column.name not in {"tenant", "identity"}]


def _among(table: Table, stations: Sequence[StationId]) -> ColumnElement[bool]:
    """One of these stations; by tenant, because not every database compares pairs by an index."""
    by_tenant: dict[str, list[str]] = defaultdict(list)
    for station in stations:
        by_tenant[station.tenant].append(station.identity)
    return or_(*(and_(table.c.tenant == t, table.c.identity.in_(names)) for t, names in by_tenant.items()))


def _portions(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _PORTION):
        yield items[start : start + _PORTION]


def _values(acquaintance: Acquaintance) -> dict[str, Any]:
    wanting, habits = acquaintance.wanting, acquaintance.habits
    return {
        "tenant": acquaintance.station.tenant,
        "identity": acquaintance.station.identity,
        "first_seen": acquaintance.first_seen,
        "ready_at": acquaintance.ready_at,
        "wanting_at": wanting.at if wanting else None,
        "would": wanting.would.value if wanting else None,
        "control": wanting.control if wanting else None,
        "detail": storable(wanting.detail, _LONGEST_DETAIL) if wanting else None,
        "csms_took_header": wanting.csms_took_header if wanting else None,
        "habits_at": habits.at if habits else None,
        "clock_skew": habits.clock_skew if habits else None,
        "ping_seconds": habits.ping_seconds if habits else None,
        "answers_pings": habits.answers_pings if habits else None,
    }


def _manner_rows(acquaintance: Acquaintance) -> Iterator[dict[str, Any]]:
    for number, seen in enumerate(acquaintance.manners):
        yield {
            "tenant": acquaintance.station.tenant,
            "identity": acquaintance.station.identity,
            "number": number,
            **_manner_values(seen.manner),
            "first_seen": seen.first_seen,
            "last_seen": seen.last_seen,
            "count": seen.count,
        }


def _manner_values(manner: Manner) -> dict[str, Any]:
    return {
        **{name: getattr(manner, name) for name in _MANNER},
        "server_name": storable(manner.server_name, _LONGEST),
    }


def _manner_seen(row: Mapping[Any, Any]) -> MannerSeen:
    manner = Manner(**{name: row[name] for name in _MANNER})
    return MannerSeen(manner, row["first_seen"], row["last_seen"], row["count"])


def _acquaintance(
    station: StationId, row: Mapping[Any, Any], manners: tuple[MannerSeen, ...]
) -> Acquaintance:
    wanting = habits = None
    if row["wanting_at"] is not None:
        wanting = Wanting(
            row["wanting_at"],
            Answer(row["would"]),
            row["control"],
            row["detail"],
            bool(row["csms_took_header"]),
        )
    if row["habits_at"] is not None:
        habits = Habits(row["habits_at"], row["clock_skew"], row["ping_seconds"], row["answers_pings"])
    return Acquaintance(station, row["first_seen"], row["ready_at"], wanting, habits, manners)


def _station_met(row: Mapping[Any, Any]) -> StationMet:
    station = StationId(row["identity"], row["tenant"])
    known = _acquaintance(station, row, ()) if row["first_seen"] is not None else None
    return StationMet(station, row["group"], Standing(row["standing"]), row["created_at"], known)

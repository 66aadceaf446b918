"""What a portion of work will ask one by one is read for all of it, when the first of it is asked.

So a question that nobody asks costs nothing, and one that everybody asks costs a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Column, RowMapping, Select, Table, bindparam, select, tuple_

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.portions.memory import Memory
from voltward.adapters.sql.rows.ask_store import ask_of
from voltward.adapters.sql.rows.credential_store import credential_of
from voltward.adapters.sql.rows.denial_store import denied_of
from voltward.adapters.sql.rows.exception_store import exception_of
from voltward.adapters.sql.rows.form_memory import form_of, model_key
from voltward.adapters.sql.rows.issued_store import issued_of
from voltward.adapters.sql.rows.lifecycle_store import lifecycle_of
from voltward.adapters.sql.rows.lifecycle_tables import ASKS, CHAIN_FORMS, ISSUED_CERTIFICATES, LIFECYCLES
from voltward.adapters.sql.rows.station_store import station_of
from voltward.adapters.sql.rows.tables import CREDENTIALS, DENIED_CERTIFICATES, EXCEPTIONS, STATIONS
from voltward.domain.ask import Ask
from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import ClientCertificate, Credential
from voltward.domain.finding import ControlException
from voltward.domain.station import DEFAULT_TENANT, Model, Station, StationId
from voltward.ports.lifecycles import FormTried, IssuedCertificate, Lifecycle
from voltward.ports.storage import Ahead

_MOST_KEYS: Final = 500  # in one statement

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Look:
    """A question to one table, about many keys."""

    table: Table
    statement: Select[Any]


class ReadAhead:
    """Answers None where a thing was not announced: then its plain store is asked."""

    def __init__(self, transaction: Transaction) -> None:
        self.memory = Memory()
        self._transaction = transaction
        self._stations: dict[StationId, None] = {}
        self._lifecycles: dict[str, None] = {}
        self._orders: dict[str, None] = {}
        self._keys: dict[bytes, None] = {}
        self._certificates: dict[bytes, None] = {}

    def expect(self, ahead: Ahead) -> None:
        """These will be asked for."""
        self._stations.update(dict.fromkeys(ahead.stations))
        self._lifecycles.update(dict.fromkeys(ahead.lifecycles))
        self._orders.update(dict.fromkeys(ahead.orders))
        self._keys.update(dict.fromkeys(ahead.keys))
        self._certificates.update(dict.fromkeys(ahead.certificates))

    async def station(self, name: StationId) -> tuple[Station | None] | None:
        """In a tuple: there may be none, and that is known."""
        known = self.memory.stations
        if name not in known and name in self._stations:
            unread = _begun(known, self._stations, lambda: None)
            for row in await self._rows(_STATIONS, _named(unread)):
                known[_whose(row)] = station_of(row)
        return (known[name],) if name in known else None

    async def exceptions(self, station: StationId) -> list[ControlException] | None:
        """Of a station."""
        known = self.memory.exceptions
        if station not in known and station in self._stations:
            unread = _begun(known, self._stations, list[ControlException])
            for row in await self._rows(_EXCEPTIONS, _named(unread)):
                known[_whose(row)].append(exception_of(row))
        return known.get(station)

    async def credentials(self, station: StationId) -> list[Credential] | None:
        """Of a station; the records of its certificates will be asked for, too."""
        known = self.memory.credentials
        if station not in known and station in self._stations:
            unread = _begun(known, self._stations, list[Credential])
            for row in await self._rows(_CREDENTIALS, _named(unread)):
                credential = credential_of(row)
                known[credential.station].append(credential)
                if isinstance(credential.proof, ClientCertificate):
                    self._certificates[credential.proof.fingerprint] = None
        return known.get(station)

    async def holders(self, fingerprint: bytes) -> list[Credential] | None:
        """Credentials with this certificate, whosesoever they are."""
        known = self.memory.certificates
        if fingerprint not in known and fingerprint in self._certificates:
            unread = _begun(known, self._certificates, list[Credential])
            for row in await self._rows(_HOLDERS, unread):
                self.memory.keep_credential(credential_of(row))
        return known.get(fingerprint)

    async def denied(self, fingerprint: bytes) -> tuple[DeniedCertificate | None] | None:
        """As `station`."""
        known = self.memory.denials
        if fingerprint not in known and fingerprint in self._certificates:
            for row in await self._rows(_DENIALS, _begun(known, self._certificates, lambda: None)):
                known[row["fingerprint"]] = denied_of(row)
        return (known[fingerprint],) if fingerprint in known else None

    async def lifecycle(self, name: str) -> tuple[Lifecycle | None] | None:
        """As `station`; its station will be asked for, too."""
        known = self.memory.lifecycles
        if name not in known and name in self._lifecycles:
            unread = _begun(known, self._lifecycles, lambda: None)
            for row in await self._rows(_LIFECYCLES, unread):
                lifecycle = lifecycle_of(row)
                self.memory.keep_lifecycle(lifecycle)
                if lifecycle.station is not None:
                    self._stations[lifecycle.station] = None
        if name not in known:
            await self._read_under_way()  # likely it is one of these
        return (known[name],) if name in known else None

    async def under_way(self, station: StationId) -> list[Lifecycle] | None:
        """Of a station, oldest first."""
        if station in self._stations:
            await self._read_under_way()
        lifecycles, names = self.memory.lifecycles, self.memory.under_way.get(station)
        return [one for name in names if (one := lifecycles[name])] if names is not None else None

    async def _read_under_way(self) -> None:
        known, lifecycles = self.memory.under_way, self.memory.lifecycles
        if len(known) < len(self._stations):
            unread = _begun(known, self._stations, list[str])
            for row in await self._rows(_UNDER_WAY, _named(unread)):
                self.memory.keep_lifecycle(lifecycles.get(row["id"]) or lifecycle_of(row))

    async def asks(self, station: StationId) -> list[Ask] | None:
        """Of a station, oldest first."""
        if station in self._stations:
            await self._read_asks()
        return self.memory.asks.get(station)

    async def ask(self, name: str) -> Ask | None:
        """None: none of a station that was announced."""
        await self._read_asks()
        return self.memory.asks_by_name.get(name)

    async def _read_asks(self) -> None:
        known = self.memory.asks
        if len(known) < len(self._stations):
            unread = _begun(known, self._stations, list[Ask])
            for row in await self._rows(_ASKS, _named(unread)):
                self.memory.keep_ask(ask_of(row))

    async def issued(self, fingerprint: bytes) -> tuple[IssuedCertificate | None] | None:
        """As `station`."""
        known = self.memory.issued
        if fingerprint not in known and fingerprint in self._certificates:
            for row in await self._rows(_ISSUED, _begun(known, self._certificates, lambda: None)):
                self.memory.keep_issued(issued_of(row))
        return (known[fingerprint],) if fingerprint in known else None

    async def issued_for(self, order: str) -> tuple[IssuedCertificate | None] | None:
        """As `station`."""
        known = self.memory.issued_for
        if order not in known and order in self._orders:
            for row in await self._rows(_ISSUED_FOR, _begun(known, self._orders, lambda: None)):
                self.memory.keep_issued(issued_of(row))
        return (known[order],) if order in known else None

    async def issued_by_key(self, key: bytes) -> list[IssuedCertificate] | None:
        """All that was issued for a key, oldest first."""
        known = self.memory.issued_by_key
        if key not in known and key in self._keys:
            unread = _begun(known, self._keys, list[bytes])
            for row in await self._rows(_ISSUED_BY_KEY, unread):
                self.memory.keep_issued(issued_of(row))
        if key not in known:
            return None
        return [one for name in known[key] if (one := self.memory.issued[name]) is not None]

    async def forms(self, model: Model) -> list[FormTried]:
        """Read once: most stations of a portion are of few models."""
        known, key = self.memory.forms, model_key(model)
        if key not in known:
            known[key] = [form_of(row) for row in await self._rows(_FORMS, [key])]
        return known[key]

    async def _rows(self, look: _Look, keys: Sequence[Any]) -> Sequence[RowMapping]:
        """No database takes parameters without end."""
        found = list[RowMapping]()
        for first in range(0, len(keys), _MOST_KEYS):
            some = {_KEYS: keys[first : first + _MOST_KEYS]}
            found += await self._transaction.look_up(look.table, look.statement, some)
        return found


def _begun(known: dict[_Key, _Value], ahead: Iterable[_Key], empty: Callable[[], _Value]) -> list[_Key]:
    """Those of `ahead` that are not known; from now on they are, with nothing yet."""
    unread = [key for key in ahead if key not in known]
    known.update({key: empty() for key in unread})
    return unread


def _named(stations: Iterable[StationId]) -> list[tuple[str, str]]:
    return [(station.tenant, station.identity) for station in stations]


def _whose(row: RowMapping) -> StationId:
    return StationId(row["identity"], row["tenant"])


# -- what is asked, made once: to make a statement costs as much as to run it ------------------------------

_KEYS: Final = "keys"


def _by(table: Table, key: Any, *order: Column[Any]) -> _Look:  # a column, or several as one
    rows = select(table).where(key.in_(bindparam(_KEYS, expanding=True)))
    return _Look(table, rows.order_by(*order))


def _by_station(table: Table, *order: Column[Any]) -> _Look:
    return _by(table, tuple_(table.c.tenant, table.c.identity), *order)


_CERTIFICATE: Final = ISSUED_CERTIFICATES.c
_STATIONS: Final = _by_station(STATIONS)
_EXCEPTIONS: Final = _by_station(EXCEPTIONS, EXCEPTIONS.c.control)
_CREDENTIALS: Final = _by_station(CREDENTIALS, CREDENTIALS.c.generation, CREDENTIALS.c.id)
_HOLDERS: Final = _by(CREDENTIALS, CREDENTIALS.c.fingerprint)
_DENIALS: Final = _Look(
    DENIED_CERTIFICATES,
    _by(DENIED_CERTIFICATES, DENIED_CERTIFICATES.c.fingerprint).statement.where(
        DENIED_CERTIFICATES.c.tenant == DEFAULT_TENANT
    ),
)
_LIFECYCLES: Final = _by(LIFECYCLES, LIFECYCLES.c.id)
_UNDER_WAY: Final = _Look(
    LIFECYCLES, _by_station(LIFECYCLES).statement.where(LIFECYCLES.c.ended_at.is_(None))
)
_ASKS: Final = _by_station(ASKS, ASKS.c.created_at, ASKS.c.id)
_ISSUED: Final = _by(ISSUED_CERTIFICATES, _CERTIFICATE.fingerprint)
_ISSUED_FOR: Final = _by(ISSUED_CERTIFICATES, _CERTIFICATE.order)
_ISSUED_BY_KEY: Final = _by(
    ISSUED_CERTIFICATES, _CERTIFICATE.key, _CERTIFICATE.issued_at, _CERTIFICATE.fingerprint
)
_FORMS: Final = _by(CHAIN_FORMS, tuple_(CHAIN_FORMS.c.vendor, CHAIN_FORMS.c.model), CHAIN_FORMS.c.form)

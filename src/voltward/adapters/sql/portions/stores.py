"""The stores of a unit of work that has read ahead: they answer from memory, and put off what they save.

Whatever was not read ahead, and whatever is not asked for in bulk, goes the way of the plain store; before
it does, what was put off is written (`engine.Transaction`), so it is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.portions.read_ahead import ReadAhead
from voltward.adapters.sql.rows.ask_store import SqlAskStore, ask_values
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.credential_store import SqlCredentialStore, credential_values
from voltward.adapters.sql.rows.denial_store import SqlDenialStore
from voltward.adapters.sql.rows.errand_store import DONE, SqlErrandStore, errand_values
from voltward.adapters.sql.rows.exception_store import SqlExceptionStore
from voltward.adapters.sql.rows.form_memory import SqlFormMemory, model_key
from voltward.adapters.sql.rows.issued_store import SqlIssuedStore, issued_values
from voltward.adapters.sql.rows.lifecycle_store import SqlLifecycleStore, lifecycle_values
from voltward.adapters.sql.rows.lifecycle_tables import (
    ASKS,
    CHAIN_FORMS,
    ERRANDS,
    ISSUED_CERTIFICATES,
    LIFECYCLES,
)
from voltward.adapters.sql.rows.station_store import SqlStationStore
from voltward.adapters.sql.rows.tables import CREDENTIALS
from voltward.domain.ask import Ask
from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import Credential
from voltward.domain.finding import ControlException
from voltward.domain.station import Model, Station, StationId
from voltward.ports.change_feed import Aggregate
from voltward.ports.lifecycles import Errand, FormTried, IssuedCertificate, Lifecycle


class PortionStations(SqlStationStore):
    """`StationStore`."""

    def __init__(self, transaction: Transaction, changes: PendingChanges, ahead: ReadAhead) -> None:
        super().__init__(transaction, changes)
        self._ahead = ahead

    async def get(self, station: StationId) -> Station | None:
        known = await self._ahead.station(station)
        return known[0] if known is not None else await super().get(station)

    async def save(self, station: Station) -> Station:
        saved = await super().save(station)
        self._ahead.memory.stations[station.id] = saved
        return saved


class PortionExceptions(SqlExceptionStore):
    """`ExceptionStore`."""

    def __init__(self, transaction: Transaction, changes: PendingChanges, ahead: ReadAhead) -> None:
        super().__init__(transaction, changes)
        self._ahead = ahead

    async def of(self, station: StationId) -> Sequence[ControlException]:
        known = await self._ahead.exceptions(station)
        return tuple(known) if known is not None else await super().of(station)

    async def save(self, station: StationId, exception: ControlException) -> None:
        self._ahead.memory.exceptions.pop(station, None)
        await super().save(station, exception)

    async def remove(self, station: StationId, control: str) -> bool:
        self._ahead.memory.exceptions.pop(station, None)
        return await super().remove(station, control)


class PortionCredentials(SqlCredentialStore):
    """`CredentialStore`."""

    def __init__(self, transaction: Transaction, changes: PendingChanges, ahead: ReadAhead) -> None:
        super().__init__(transaction, changes)
        self._ahead = ahead

    async def of(self, station: StationId) -> Sequence[Credential]:
        known = await self._ahead.credentials(station)
        return list(known) if known is not None else await super().of(station)

    async def by_fingerprint(self, fingerprint: bytes) -> Sequence[Credential]:
        known = await self._ahead.holders(fingerprint)
        return list(known) if known is not None else await super().by_fingerprint(fingerprint)

    async def save(self, credential: Credential) -> Credential:
        saved = await self._saved(credential)
        self._ahead.memory.keep_credential(saved)
        return saved

    async def _saved(self, credential: Credential) -> Credential:
        known = await self._ahead.credentials(credential.station)
        before = next((one for one in known or () if one.id == credential.id), None)
        if known is None or (before.revision if before is not None else 0) != credential.revision:
            return await super().save(credential)
        values = credential_values(credential)
        if before is None:
            self._transaction.put_off.insert(CREDENTIALS, values)
        else:
            self._transaction.put_off.update(CREDENTIALS, (credential.id,), values)
        self._changes.note(Aggregate.STATION, credential.station)
        return replace(credential, revision=credential.revision + 1)


class PortionDenials(SqlDenialStore):
    """`DenialStore`."""

    def __init__(self, transaction: Transaction, changes: PendingChanges, ahead: ReadAhead) -> None:
        super().__init__(transaction, changes)
        self._ahead = ahead

    async def get(self, fingerprint: bytes) -> DeniedCertificate | None:
        known = await self._ahead.denied(fingerprint)
        return known[0] if known is not None else await super().get(fingerprint)

    async def add(self, denied: DeniedCertificate) -> None:
        if await self.get(denied.fingerprint) is None:
            await super().add(denied)
            self._ahead.memory.denials[denied.fingerprint] = denied


class PortionLifecycles(SqlLifecycleStore):
    """`LifecycleStore`."""

    def __init__(self, transaction: Transaction, changes: PendingChanges, ahead: ReadAhead) -> None:
        super().__init__(transaction, changes)
        self._ahead = ahead

    async def get(self, lifecycle: str) -> Lifecycle | None:
        known = await self._ahead.lifecycle(lifecycle)
        return known[0] if known is not None else await super().get(lifecycle)

    async def open_of(self, station: StationId) -> Sequence[Lifecycle]:
        known = await self._ahead.under_way(station)
        return known if known is not None else await super().open_of(station)

    async def save(self, lifecycle: Lifecycle) -> Lifecycle:
        saved = await self._saved(lifecycle)
        self._ahead.memory.keep_lifecycle(saved)
        return saved

    async def _saved(self, lifecycle: Lifecycle) -> Lifecycle:
        known = self._ahead.memory.lifecycles.get(lifecycle.id)
        if lifecycle.revision == 0:
            if not await self._has_room(lifecycle):
                return await super().save(lifecycle)
            self._transaction.put_off.insert(LIFECYCLES, lifecycle_values(lifecycle))
            self._ahead.memory.silent.add(lifecycle.id)
        elif known is None or known.revision != lifecycle.revision:
            return await super().save(lifecycle)
        else:
            self._transaction.put_off.update(LIFECYCLES, (lifecycle.id,), lifecycle_values(lifecycle))
        if lifecycle.revision == 0 or lifecycle.ended_at is not None:
            self._changes.note(Aggregate.LIFECYCLE, lifecycle.station)
        return replace(lifecycle, revision=lifecycle.revision + 1)

    async def _has_room(self, lifecycle: Lifecycle) -> bool:
        """Whether its station is known to have none of this kind under way."""
        if lifecycle.station is None:
            return False
        known = await self._ahead.under_way(lifecycle.station)
        return known is not None and all(one.kind != lifecycle.kind for one in known)


class PortionAsks(SqlAskStore):
    """`AskStore`."""

    def __init__(self, transaction: Transaction, changes: PendingChanges, ahead: ReadAhead) -> None:
        super().__init__(transaction, changes)
        self._ahead = ahead

    async def add(self, ask: Ask) -> None:
        self._ahead.memory.keep_ask(ask)
        self._transaction.put_off.add(ASKS, ask_values(ask))
        self._changes.note(Aggregate.ASK, ask.station)

    async def of(self, station: StationId) -> Sequence[Ask]:
        known = await self._ahead.asks(station)
        return list(known) if known is not None else await super().of(station)

    async def remove(self, ask: str) -> Ask | None:
        found = await self._ahead.ask(ask)
        if found is None:
            return await super().remove(ask)
        self._ahead.memory.drop_ask(found)
        self._transaction.put_off.delete(ASKS, (ask,))
        self._changes.note(Aggregate.ASK, found.station)
        return found

    async def withdraw(self, lifecycle: str) -> None:
        known = await self._of_lifecycle(lifecycle)
        if known is None:
            await super().withdraw(lifecycle)
            return
        for ask in known:
            await self.remove(ask.id)

    async def _of_lifecycle(self, name: str) -> Sequence[Ask] | None:
        lifecycle = self._ahead.memory.lifecycles.get(name)
        if lifecycle is None or lifecycle.station is None:
            return None
        if name in self._ahead.memory.silent:
            return ()
        known = await self._ahead.asks(lifecycle.station)
        return [ask for ask in known if ask.lifecycle == name] if known is not None else None


class PortionErrands(SqlErrandStore):
    """`ErrandStore`."""

    async def add(self, errand: Errand) -> None:
        self._transaction.put_off.add(ERRANDS, errand_values(errand))
        self._changes.note(Aggregate.LIFECYCLE)

    async def done(self, errand: str) -> None:
        self._transaction.put_off.update(ERRANDS, (errand,), DONE)


class PortionIssued(SqlIssuedStore):
    """`IssuedStore`."""

    def __init__(self, transaction: Transaction, ahead: ReadAhead) -> None:
        super().__init__(transaction)
        self._ahead = ahead

    async def by_order(self, order: str) -> IssuedCertificate | None:
        known = await self._ahead.issued_for(order)
        return known[0] if known is not None else await super().by_order(order)

    async def by_fingerprint(self, fingerprint: bytes) -> IssuedCertificate | None:
        known = await self._ahead.issued(fingerprint)
        return known[0] if known is not None else await super().by_fingerprint(fingerprint)

    async def by_key(self, key: bytes) -> Sequence[IssuedCertificate]:
        known = await self._ahead.issued_by_key(key)
        return known if known is not None else await super().by_key(key)

    async def save(self, certificate: IssuedCertificate) -> IssuedCertificate:
        saved = await self._saved(certificate)
        self._ahead.memory.keep_issued(saved)
        return saved

    async def _saved(self, certificate: IssuedCertificate) -> IssuedCertificate:
        of_order = await self._ahead.issued_for(certificate.order)
        same = await self._ahead.issued(certificate.fingerprint)
        if certificate.revision != 0 or of_order != (None,) or same != (None,):
            return await super().save(certificate)
        self._transaction.put_off.insert(ISSUED_CERTIFICATES, issued_values(certificate))
        return replace(certificate, revision=1)


class PortionForms(SqlFormMemory):
    """`FormMemory`."""

    def __init__(self, transaction: Transaction, ahead: ReadAhead) -> None:
        super().__init__(transaction)
        self._ahead = ahead

    async def of(self, model: Model) -> Sequence[FormTried]:
        return list(await self._ahead.forms(model))

    async def remember(self, model: Model, form: str, *, worked: bool) -> None:
        known = await self._ahead.forms(model)
        before = next((tried for tried in known if tried.form == form), None)
        tried = before or FormTried(form)
        after = FormTried(form, tried.worked + worked, tried.failed + (not worked))
        known[:] = sorted([*(one for one in known if one.form != form), after], key=lambda one: one.form)
        vendor, name = model_key(model)
        counts = {"worked": after.worked, "failed": after.failed}
        if before is None:
            row = {"vendor": vendor, "model": name, "form": form, **counts}
            self._transaction.put_off.insert(CHAIN_FORMS, row)
        else:
            self._transaction.put_off.update(CHAIN_FORMS, (vendor, name, form), counts)


@dataclass(frozen=True, slots=True)
class PortionStores:
    """All of them, of one unit of work: each is asked for some times for each of a portion."""

    ahead: ReadAhead
    stations: PortionStations
    exceptions: PortionExceptions
    credentials: PortionCredentials
    denials: PortionDenials
    lifecycles: PortionLifecycles
    asks: PortionAsks
    errands: PortionErrands
    issued: PortionIssued
    chain_forms: PortionForms

    @classmethod
    def of(cls, transaction: Transaction, changes: PendingChanges) -> Self:
        """With a memory of their own."""
        ahead = ReadAhead(transaction)
        return cls(
            ahead=ahead,
            stations=PortionStations(transaction, changes, ahead),
            exceptions=PortionExceptions(transaction, changes, ahead),
            credentials=PortionCredentials(transaction, changes, ahead),
            denials=PortionDenials(transaction, changes, ahead),
            lifecycles=PortionLifecycles(transaction, changes, ahead),
            asks=PortionAsks(transaction, changes, ahead),
            errands=PortionErrands(transaction, changes),
            issued=PortionIssued(transaction, ahead),
            chain_forms=PortionForms(transaction, ahead),
        )

"""Read models: what screens and commands show. Never writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from voltward.domain.acquaintance import Acquaintance
from voltward.domain.authority import Authority, DeniedCertificate
from voltward.domain.credential import Credential
from voltward.domain.station import StationId
from voltward.ports.revocation_lists import ListLook
from voltward.ports.storage import Reading, Store
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.registered_station import registered
from voltward.usecases.views.selection import WHOLE_FLEET, Selection, selected


async def list_stations(store: Store, selection: Selection = WHOLE_FLEET) -> Sequence[StationEntry]:
    """The stations with their credentials, by identity."""
    async with store.read() as work:
        stations = sorted(await selected(work, selection), key=lambda station: station.id)
        held: dict[StationId, list[Credential]] = defaultdict(list)
        for credential in await work.credentials.all():  # in one pass: forty thousand questions take a minute
            held[credential.station].append(credential)
        return [StationEntry(s, tuple(held[s.id])) for s in stations]


async def show_station(store: Store, station: StationId) -> StationEntry:
    """One station with everything; OperatorFault if there is none."""
    async with store.read() as work:
        return await _entry(work, station)


async def acquaintance_of(store: Store, station: StationId) -> Acquaintance | None:
    """How an identity comes, registered or not; None: it was never let in."""
    async with store.read() as work:
        return (await work.acquaintances.of((station,))).get(station)


async def list_authorities(store: Store) -> tuple[Sequence[Authority], Sequence[DeniedCertificate]]:
    """The authorities, retired ones too, and the deny-list."""
    async with store.read() as work:
        return await work.authorities.all(), await work.denials.all()


async def list_looks(store: Store) -> Sequence[ListLook]:
    """What is known of other authorities' lists of revoked certificates."""
    async with store.read() as work:
        return await work.foreign_lists.looks()


async def _entry(work: Reading, station: StationId) -> StationEntry:
    record = await registered(work, station)
    credentials = tuple(await work.credentials.of(station))
    return StationEntry(record, credentials, tuple(await work.exceptions.of(station)))

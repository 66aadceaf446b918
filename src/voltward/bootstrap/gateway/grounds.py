"""What a gateway stands on: a store that may be away, and what it keeps on its own disk for that."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from voltward.adapters.late_store import LateStore
from voltward.adapters.pki.signer.authority_shelf import FOLDER, own_stations_authorities
from voltward.adapters.snapshot_file import SealedSnapshotFile
from voltward.adapters.spool.folder import FolderSpool, SpoolPlace
from voltward.adapters.sql.store import SqlStore
from voltward.bootstrap.deployment import Premises, open_store_of
from voltward.crypto.sealing import KEY_ID_OCTETS, SealingKey
from voltward.domain.errors import OutsideFault
from voltward.ports.change_feed import ChangeFeed
from voltward.ports.storage import Store
from voltward.ports.vault import GatewayKey
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.start_registry import Kept, Start, start_registry
from voltward.usecases.trust.trust_own_authorities import trust_own_authorities

CHAIN = "gateway"  # of the journal
Upkeep = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Grounds:
    """The registry is filled; `start` says from what. `upkeep`: a loop to run beside the gateway's own."""

    store: Store
    feed: ChangeFeed
    kept: Kept
    registry: AdmissionRegistry
    start: Start
    upkeep: Upkeep


@asynccontextmanager
async def open_grounds(premises: Premises) -> AsyncIterator[Grounds]:
    """Open them, with or without the store. OutsideFault if there is no snapshot either."""

    async def reopen() -> SqlStore:
        return await open_store_of(premises, CHAIN)

    store = LateStore(reopen, CHAIN, premises.clock)
    spool = FolderSpool(spool_place(premises), premises.entropy)
    try:
        await spool.adopt()
        kept = Kept(snapshot_file(premises), spool)
        registry = AdmissionRegistry()
        with suppress(OutsideFault):  # of a store that is away: the next start tries again
            await trust_own(store, premises)
        start = await start_registry(store, store, kept, registry)
        yield Grounds(store, store, kept, registry, start, store.keep_heads)
    finally:
        await store.close()
        spool.close()


async def trust_own(store: Store, premises: Premises) -> None:
    """A deployment of an earlier version learns that its stations CAs issue now."""
    certificates = own_stations_authorities(premises.settings.path(FOLDER))
    await trust_own_authorities(store, certificates, CHAIN, premises.clock)


async def grounds_on(store: SqlStore, premises: Premises) -> Grounds:
    """Grounds on an open store, to see whether a gateway could stand on them; nothing is written."""
    kept = Kept(snapshot_file(premises), FolderSpool(spool_place(premises), premises.entropy))
    registry = AdmissionRegistry()
    start = await start_registry(store, store.feed, kept, registry)
    return Grounds(store, store.feed, kept, registry, start, _no_upkeep)


async def _no_upkeep() -> None:
    """Nothing is appended to any chain."""


def spool_place(premises: Premises) -> SpoolPlace:
    """Where the spool lies, by the settings."""
    gateway = premises.settings.gateway
    return SpoolPlace(premises.settings.path(gateway.spool), gateway.spool_size, sealing_key(premises))


def snapshot_file(premises: Premises) -> SealedSnapshotFile:
    """The snapshot, in the folder of the spool."""
    folder = premises.settings.path(premises.settings.gateway.spool)
    return SealedSnapshotFile(folder, sealing_key(premises), premises.entropy)


def sealing_key(premises: Premises) -> SealingKey:
    """The room's key for snapshots; what is sealed with it names it by a digest."""
    key = premises.room.get(GatewayKey.REGISTRY_SNAPSHOT)
    name = hashlib.sha256(b"voltward snapshot key" + key.reveal()).digest()[:KEY_ID_OCTETS]
    return SealingKey(name, key)

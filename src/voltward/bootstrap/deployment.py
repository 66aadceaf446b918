"""An opened deployment: its keys, its store, its rulebook; what commands and the gateway work with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from voltward.adapters.secret_references import resolve_reference, resolve_text
from voltward.adapters.sql.store import SqlStore, StoreKeys, open_store
from voltward.adapters.system_clock import SystemClock, SystemEntropy
from voltward.adapters.vault import Room
from voltward.bootstrap.environment import environment
from voltward.bootstrap.store_place import store_access, store_url
from voltward.crypto.passwords import PasswordKeys
from voltward.domain.errors import OperatorFault
from voltward.domain.finding import ControlException
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import JournalReader
from voltward.ports.vault import GatewayKey, RoomName
from voltward.rulebook.catalogue import Rulebook, load_rulebook
from voltward.settings import Settings


@dataclass(frozen=True, slots=True)
class Deployment:
    """Open for as long as the block of `open_deployment` lasts."""

    settings: Settings
    store: SqlStore
    journal: JournalReader
    password_keys: PasswordKeys
    room: Room
    rulebook: Rulebook
    clock: Clock
    entropy: Entropy

    def check_waivable(self, exception: ControlException | None) -> None:
        """OperatorFault for an exception from a control that is not there, or that has none."""
        if exception is None:
            return
        control = self.rulebook.by_id.get(exception.control)
        if control is None:
            raise OperatorFault(
                f"there is no control {exception.control}.",
                mend="`voltward rulebook list` shows all of them.",
            )
        if not control.waivable:
            raise OperatorFault(
                f"nobody can be excepted from {control.id} ({control.title}).", mend=control.remedy
            )

    def check_tenant(self, station: StationId) -> None:
        """OperatorFault for a tenant that no route leads to: mostly a misspelt one."""
        known = self.settings.tenants()
        if station.tenant not in known:
            raise OperatorFault(
                f"no route leads to the tenant {station.tenant!r}.",
                mend=f"Known are {', '.join(sorted(known))}; [route.NAME] with its `tenant` makes another.",
                subject=str(station),
            )


@asynccontextmanager
async def open_deployment(settings: Settings, writer: str = "cli") -> AsyncIterator[Deployment]:
    """Open the gateway's room of keys and the store; faults say what cannot be opened and how to mend it."""
    clock, entropy = SystemClock(), SystemEntropy()
    room = open_room(settings, RoomName.GATEWAY)
    keys = StoreKeys(room.get(GatewayKey.JOURNAL_MAC), room.get(GatewayKey.JOURNAL_SIGNING))
    heads = settings.path(settings.journal.heads)
    store = await open_store(
        store_url(settings), keys, heads_dir=heads, clock=clock, writer=writer, access=store_access(settings)
    )
    try:
        yield Deployment(
            settings=settings,
            store=store,
            journal=store.journal_reader(),
            password_keys=PasswordKeys(
                room.get(GatewayKey.PASSWORD_DIGEST), room.get(GatewayKey.PASSWORD_SHARING)
            ),
            room=room,
            rulebook=load_rulebook(),
            clock=clock,
            entropy=entropy,
        )
    finally:
        await store.close()


def open_room(settings: Settings, name: RoomName) -> Room:
    """A room of keys, by the reference in `keys`."""
    references = {
        RoomName.GATEWAY: settings.keys.gateway_unlock,
        RoomName.SIGNER: settings.keys.signer_unlock,
    }
    unlock = resolve_reference(references[name], Path(settings.folder), environment())
    return Room.open(settings.path(name), name, unlock, SystemEntropy())


def referenced_secret(settings: Settings, reference: str) -> Secret:
    """A secret that the settings name: a password towards the CSMS."""
    return resolve_text(reference, Path(settings.folder), environment())

"""An opened deployment: its keys, its store, its rulebook; what commands and the gateway work with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from voltward.adapters.sql.store import SqlStore, StoreKeys, open_store
from voltward.adapters.system_clock import SystemClock, SystemEntropy
from voltward.adapters.vault import Room
from voltward.bootstrap.rooms import open_room
from voltward.bootstrap.store_place import store_access, store_file, store_url
from voltward.crypto.passwords.passwords import PasswordKeys
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.finding import ControlException
from voltward.domain.station import StationId
from voltward.ports.clock import Clock, Entropy
from voltward.ports.journal import JournalReader
from voltward.ports.vault import GatewayKey, RoomName
from voltward.rulebook.catalogue import Rulebook, load_rulebook
from voltward.settings import Settings
from voltward.usecases.views.selection import Selection, refuse_unknown


@dataclass(frozen=True, slots=True)
class Premises:
    """A deployment without its store: settings, the gateway's room of keys, the rulebook."""

    settings: Settings
    password_keys: PasswordKeys
    room: Room
    clock: Clock
    entropy: Entropy

    @property
    def rulebook(self) -> Rulebook:
        """Read when it is first asked for: most commands never do."""
        return load_rulebook()

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

    def remarks_on_group(self, group: str) -> tuple[str, ...]:
        """What there is to say of a group that the settings do not name: mostly a misspelt one."""
        if group in self.settings.groups():
            return ()
        return (f"there is no [group.{group}] in the settings: the rules of the default group hold.",)


@dataclass(frozen=True, slots=True)
class Deployment(Premises):
    """The whole. Open for as long as the block of `open_deployment` lasts."""

    store: SqlStore
    journal: JournalReader

    async def check_selection(self, selection: Selection) -> None:
        """OperatorFault for a group, tenant or site that nobody knows: a misspelt one is no empty one."""
        async with self.store.read() as reading:
            await refuse_unknown(reading, selection, self.settings.groups(), self.settings.tenants())


@asynccontextmanager
async def open_deployment(
    settings: Settings, writer: str = "cli", *, must_exist: bool = True
) -> AsyncIterator[Deployment]:
    """Open the gateway's room of keys and the store; faults say what cannot be opened and how to mend it."""
    async with deployment_on(open_premises(settings), writer, must_exist=must_exist) as deployment:
        yield deployment


@asynccontextmanager
async def deployment_on(
    premises: Premises, writer: str = "cli", *, must_exist: bool = True
) -> AsyncIterator[Deployment]:
    """The same, where the room is open already."""
    store = await open_store_of(premises, writer, must_exist=must_exist)
    try:
        known = {field.name: getattr(premises, field.name) for field in fields(premises)}
        yield Deployment(**known, store=store, journal=store.journal_reader())
    finally:
        await store.close()


def open_premises(settings: Settings) -> Premises:
    """Open the gateway's room of keys alone."""
    return premises_in(settings, open_room(settings, RoomName.GATEWAY))


def premises_in(settings: Settings, room: Room) -> Premises:
    """What needs no store, where the gateway's room is open."""
    return Premises(
        settings=settings,
        password_keys=PasswordKeys(
            room.get(GatewayKey.PASSWORD_DIGEST), room.get(GatewayKey.PASSWORD_SHARING)
        ),
        room=room,
        clock=SystemClock(),
        entropy=SystemEntropy(),
    )


async def open_store_of(premises: Premises, writer: str, *, must_exist: bool = True) -> SqlStore:
    """Open the store. `must_exist`: OutsideFault where a new one would be made in the place of a lost one."""
    settings, room = premises.settings, premises.room
    file = store_file(settings)
    if must_exist and file is not None:
        _check_is_there(file)
    keys = StoreKeys(room.get(GatewayKey.JOURNAL_MAC), room.get(GatewayKey.JOURNAL_SIGNING))
    heads = settings.path(settings.journal.heads)
    access = store_access(settings)
    return await open_store(
        store_url(settings), keys, heads_dir=heads, clock=premises.clock, writer=writer, access=access
    )


def _check_is_there(file: Path) -> None:
    if not file.exists():
        raise OutsideFault(
            "the store is not there.",
            mend="Bring its disk back, or restore it from the backup.",
            subject=str(file),
        )

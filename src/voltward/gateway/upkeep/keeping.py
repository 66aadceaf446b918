"""What the gateway keeps through an outage: outbox, delivery, snapshots, and the watch on the store."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.gateway.upkeep.delivery import Delivery
from voltward.gateway.upkeep.facts import FactWriter
from voltward.gateway.upkeep.outbox import Outbox
from voltward.gateway.upkeep.snapshots import SnapshotKeeper
from voltward.gateway.upkeep.store_watch import StoreWatch


@dataclass(frozen=True, slots=True)
class Keeping:
    """Made by `bootstrap`; the gateway runs its loops."""

    facts: FactWriter
    outbox: Outbox
    delivery: Delivery
    snapshots: SnapshotKeeper
    watch: StoreWatch

    def stops(self) -> str:
        """Why nobody new may come in; "" when they may. Live links stay."""
        if self.watch.is_stale:
            return f"the registry was last level with the store at {self.watch.level_at:%Y-%m-%d %H:%M} UTC"
        if self.outbox.is_full:
            return "the journal does not take rows"
        if self.facts.is_full:
            return "too many facts about stations wait for the store"
        return ""

    def remarks(self) -> list[str]:
        """What keeps nobody out, and is worth knowing."""
        said: list[str] = []
        if self.watch.away_since is not None:
            said.append(f"the store is away since {self.watch.away_since:%Y-%m-%d %H:%M:%S} UTC")
        elif self.delivery.failure is not None:
            said.append(f"the store takes no rows: {self.delivery.failure.what}")
        elif (since := self.watch.silent_since) is not None:
            said.append(f"the store has not answered since {since:%Y-%m-%d %H:%M:%S} UTC")
        if self.outbox.failure is not None:
            said.append(f"the spool takes no rows: {self.outbox.failure.what}")
        return said

    async def flush(self) -> None:
        """The end: everything into the spool, and from there into the store if it is there."""
        await self.outbox.flush()
        await self.delivery.flush()

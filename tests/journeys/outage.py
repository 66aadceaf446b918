"""The store goes away under load, the gateway is killed and starts without it, and the store comes back.

How a store goes away is its own matter: a file is locked and moved (`FileStore`), a server stands still and
is stopped (`ServerStore`).

The same story for a journey of seconds and for a run of minutes: `Outage(world, pace).play()` tells what it
saw, and `problems_of` what of that should not have been.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from tests.fakes.postgres import PostgresServer
from tests.journeys.deployment import BITES_SECONDS, Part, World, eventually, run_cli
from tests.journeys.gateway_child import LogEvent, start_serve
from tests.journeys.player import Player, playing
from voltward.bootstrap.gateway.grounds import snapshot_file
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import Connected, HttpRefused, open_link, words

STORE = ("voltward.db", "voltward.db-wal", "voltward.db-shm")
GATHER = 1.0  # seconds before a kill in which rows may still have been on their way to the spool


@dataclass(frozen=True, slots=True)
class Pace:
    """How many stations come and go, how long each stays, and how long each of the three parts lasts."""

    stations: int = 6
    stay: float = 0.3
    seconds: float = 2.0


@dataclass(slots=True)
class Seen:
    """What happened."""

    visits: int = 0
    turned_away: list[str] = field(default_factory=list[str])  # while a gateway was there
    admitted: list[LogEvent] = field(default_factory=list[LogEvent])  # that have to be in the journal
    missing: list[str] = field(default_factory=list[str])  # admissions without a row
    twice: list[str] = field(default_factory=list[str])  # rows that arrived more than once
    verified: str = ""


class AwayStore(Protocol):
    """A store that can be taken from its gateway."""

    @property
    def readyz(self) -> tuple[str, ...]:
        """What is said of one that takes nothing: one of these."""
        ...

    def takes_nothing(self) -> AbstractAsyncContextManager[object]:
        """For the length of the block: it is there, and no statement comes to its end."""
        ...

    def is_gone(self) -> AbstractAsyncContextManager[Callable[[], None]]:
        """From here on, until what the block is given is called."""
        ...


class Outage:
    """One outage of one deployment."""

    def __init__(self, world: World, pace: Pace, store: AwayStore | None = None) -> None:
        self.world = world
        self.pace = pace
        self._store = store or FileStore(world)
        self.seen = Seen()
        self._is_up = True
        self._old = world.gateway
        self._killed_at = 0.0
        self.rising = world.certified(world.take(2))
        self.revoked = world.take(3)
        self.steady = world.take(2)
        self.others = [world.take(2) for _ in range(pace.stations)]

    async def play(self) -> Seen:
        """The whole story."""
        await self._before()
        async with asyncio.TaskGroup() as group:
            load = [group.create_task(self._come_and_go(part)) for part in self.others]
            async with self._store.takes_nothing():
                await self._store_takes_nothing()
                await self._kill()
            async with self._store.is_gone() as bring_back, self._started_without_store():
                await self._store_is_gone()
                bring_back()
                await self._store_is_back()
                for task in load:
                    task.cancel()
                await asyncio.gather(*load, return_exceptions=True)
        await self._compare()
        return self.seen

    # -- the three parts ----------------------------------------------------------------------------------

    async def _before(self) -> None:
        world = self.world
        async with playing(world.dial(self.revoked)) as player:
            await player.boot(self.revoked.serial)
            await world.gateway.event("credential_proven", subject=self.revoked.identity)
        await world.command("station", "set", self.rising.identity, "--profile", "3")
        await world.command("cert", "revoke", "--station", self.revoked.identity, "--reason", "stolen")
        await asyncio.sleep(BITES_SECONDS)
        await self._snapshot_is_level()

    async def _store_takes_nothing(self) -> None:
        """A new admission, a floor that rises, a security event: none of them waits for the store."""
        async with self._visiting(self.steady) as player:
            tampered = {"type": "TamperDetectionActivated", "timestamp": "2026-11-22T12:00:00Z"}
            assert (await player.call("SecurityEventNotification", tampered)).kind == CALL_RESULT
            await self._rise()
            await asyncio.sleep(self.pace.seconds)
            assert player.link.closing is None
            await self._is_ready_with(*self._store.readyz)

    async def _store_is_gone(self) -> None:
        world = self.world
        await world.is_refused(self.revoked, "CERT-04")
        await world.is_refused(replace(self.rising, issued=None), "PROF-01")
        stolen = replace(
            self.others[0], identity=self.others[0].identity, profile=3, issued=self.rising.issued
        )
        outcome = await world.knock(stolen)
        assert isinstance(outcome, HttpRefused), words(outcome)
        await world.is_refused(replace(self.steady, identity="NEVER-HEARD-OF"), "ID-02")
        async with self._visiting(self.rising):
            pass
        told = await run_cli("station", "add", "TOO-EARLY", "-c", str(world.settings))
        assert told.status == 3, told
        await self._is_ready_with("the store is away")
        await asyncio.sleep(self.pace.seconds)

    async def _store_is_back(self) -> None:
        world = self.world
        async with self._visiting(self.steady) as player:
            await world.gateway.event("store_found", seconds=30)
            await asyncio.sleep(self.pace.seconds)
            assert player.link.closing is None
        await eventually(self._nothing_waits, seconds=120)

    # -- steps --------------------------------------------------------------------------------------------

    async def _rise(self) -> None:
        """A handshake, an answered call, and one further reconnect: the floor is 3 from now on (ruling 13)."""
        for _ in range(2):
            async with self._visiting(self.rising):
                pass
        await self.world.is_refused(replace(self.rising, issued=None), "PROF-01")

    async def _kill(self) -> None:
        self._is_up = False
        self._killed_at = asyncio.get_running_loop().time()
        os.killpg(self.world.gateway.process.pid, signal.SIGKILL)
        await self.world.gateway.ended()

    @asynccontextmanager
    async def _started_without_store(self) -> AsyncIterator[None]:
        child = await start_serve(self.world.settings, "--only", "gateway", overrides=self.world.overrides)
        try:
            await child.ready()
            await child.event("started_without_store")
            self.world.gateway, self._is_up = child, True
            yield
            self._is_up = False
        finally:
            assert await child.stop() == 0, "\n".join(child.lines[-10:])

    async def _come_and_go(self, part: Part) -> None:
        while True:
            child = self.world.gateway
            outcome = await open_link(self.world.dial(part))
            if isinstance(outcome, Connected):
                await self._stay(outcome)
            elif self._is_up and child is self.world.gateway:
                self.seen.turned_away.append(f"{part.identity}: {words(outcome)}")
            await asyncio.sleep(self.pace.stay)

    async def _stay(self, outcome: Connected) -> None:
        player = Player(outcome.link)
        async with asyncio.TaskGroup() as group:
            group.create_task(player.listen())
            try:
                await player.boot()
                await asyncio.sleep(self.pace.stay)
                self.seen.visits += 1
            except (AssertionError, TimeoutError):
                return  # the gateway was killed meanwhile
            finally:
                await player.link.close()

    @asynccontextmanager
    async def _visiting(self, part: Part) -> AsyncIterator[Player]:
        async with playing(self.world.dial(part)) as player:
            assert (await player.boot(part.serial)).kind == CALL_RESULT
            yield player

    # -- looking ------------------------------------------------------------------------------------------

    async def _snapshot_is_level(self) -> None:
        """What the store says stands in the snapshot too."""
        deployment = self.world.deployment
        revision = await deployment.store.feed.latest()

        async def is_level() -> bool:
            head = await snapshot_file(deployment).read_head()
            return head is not None and head.revision >= revision

        await eventually(is_level, seconds=60)

    async def _ready(self) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.world.gateway.metrics_port)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(10):
            head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
        return int(head.split()[1]), body

    async def _is_ready_with(self, *remarks: str) -> None:
        async def says_so() -> bool:
            status, body = await self._ready()
            assert status == 200, body
            return any(remark in body for remark in remarks)

        await eventually(says_so, seconds=30)

    async def _nothing_waits(self) -> bool:
        """All that was admitted so far is in the store."""
        before = len(self._to_be_journalled())
        rows = await self._journalled()
        return all(event["connection"] in rows for event in self._to_be_journalled()[:before])

    def _to_be_journalled(self) -> list[LogEvent]:
        """Admissions that outlive the kill: those of its last moment may have been on their way to the disk."""
        old = [e for e in self._old.seen("station_admitted") if e.at < self._killed_at - GATHER]
        return old + list(self.world.gateway.seen("station_admitted")) if self._is_new else old

    @property
    def _is_new(self) -> bool:
        return self.world.gateway is not self._old

    async def _journalled(self) -> dict[str, int]:
        """How often each admitted connection stands in the journal."""
        rows = await self.world.deployment.journal.tail(1_000_000)
        counts: dict[str, int] = {}
        for row in rows:
            if row.event.kind == "station_admitted":
                connection = str(row.event.facts["connection"])
                counts[connection] = counts.get(connection, 0) + 1
        return counts

    async def _compare(self) -> None:
        rows = await self._journalled()
        self.seen.admitted = self._to_be_journalled()
        self.seen.missing = [e.subject for e in self.seen.admitted if e["connection"] not in rows]
        self.seen.twice = [connection for connection, count in rows.items() if count > 1]
        told = await run_cli("journal", "verify", "--json", "-c", str(self.world.settings))
        self.seen.verified = told.out.strip()


def problems_of(seen: Seen) -> list[str]:
    """What should not have been, each as a sentence."""
    problems = [f"turned away: {each}" for each in seen.turned_away]
    problems += [f"no row of the admission of {subject}" for subject in seen.missing]
    problems += [f"a row came twice: {connection}" for connection in seen.twice]
    if not seen.visits or not seen.admitted:
        problems.append("nobody came: that was no load.")
    if json.loads(seen.verified or "{}") != {"ok": True, "problems": []}:
        problems.append(f"the journal: {seen.verified}")
    return problems


class FileStore:
    """SQLite: another process keeps it locked, then its files are elsewhere."""

    readyz = ("the store takes no rows",)

    def __init__(self, world: World) -> None:
        self._world = world
        self._folder = world.settings.parent

    def takes_nothing(self) -> AbstractAsyncContextManager[object]:
        return self._world.deployment.store.begin()

    @asynccontextmanager
    async def is_gone(self) -> AsyncIterator[Callable[[], None]]:
        elsewhere = self._folder / "elsewhere"
        elsewhere.mkdir()
        _move(self._folder, elsewhere)
        try:
            yield lambda: _move(elsewhere, self._folder)
        finally:
            _move(elsewhere, self._folder)


class ServerStore:
    """PostgreSQL: the server stands still and holds every connection, then it is stopped."""

    readyz = ("the store has not answered", "the store is away")

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    @asynccontextmanager
    async def takes_nothing(self) -> AsyncIterator[None]:
        self._server.freeze()
        try:
            yield
        finally:
            self._server.thaw()

    @asynccontextmanager
    async def is_gone(self) -> AsyncIterator[Callable[[], None]]:
        self._server.stop()
        try:
            yield self._server.start
        finally:
            if not self._server.is_running:
                self._server.start()


def _move(source: Path, target: Path) -> None:
    """What is there; a second time is harmless."""
    for name in STORE:
        if (source / name).exists():
            (source / name).rename(target / name)

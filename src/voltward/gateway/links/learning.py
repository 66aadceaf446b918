"""Passwords that the CSMS behind took, on their way into the registry: one by one, at a bounded rate.

Off unless a group says `learn = true`, and only while it is observed. A station waits here once; what the
slow hash costs is spent on a thread of its own, so that the door never waits for it.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from voltward.crypto.passwords.passwords import PasswordKeys
from voltward.domain.credential import Password
from voltward.domain.errors import OutsideFault
from voltward.domain.station import StationId
from voltward.gateway.door.judging import Judgement
from voltward.gateway.relay.book import RelayBook
from voltward.gateway.report import Reports
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import Conflict, Store
from voltward.rulebook.observation import PasswordOutcome
from voltward.usecases.fleet.learn_password import Doubt, Lesson, learn_password
from voltward.usecases.fleet.new_credential import NewPassword, proof_of

LESSONS = 1000  # passwords that may wait; a station that finds no place comes again
PAUSE = 0.1  # seconds between two: a fleet of 40,000 is learnt in about two hours
DOUBTED = 10_000  # stations whose doubt is told once


class PasswordLearner:
    """See the module."""

    def __init__(
        self,
        store: Store,
        keys: PasswordKeys,
        entropy: Entropy,
        book: RelayBook,
        reports: Reports,
        clock: Clock,
    ) -> None:
        self._store = store
        self._keys = keys
        self._entropy = entropy
        self._book = book
        self._reports = reports
        self._clock = clock
        self._pool = ThreadPoolExecutor(
            1, thread_name_prefix="learn"
        )  # its thread begins with the first hash
        self._waiting: dict[StationId, Lesson] = {}
        self._doubted: set[StationId] = set()
        self._news = asyncio.Event()

    def vouched(self, judgement: Judgement) -> None:
        """The CSMS answered 101 to this station's own header. Cheap: most have nothing to teach."""
        entry, seen = judgement.entry, judgement.observation.password
        password = judgement.arrival.login.password
        if entry is None or seen is None or password is None or seen.outcome is not PasswordOutcome.WRONG:
            return
        station = entry.station.id
        if not self._book.group_of(entry).learn or station in self._waiting or station in self._doubted:
            return
        if len(self._waiting) < LESSONS:
            self._waiting[station] = Lesson(station, password, judgement.arrival.at)
            self._news.set()

    async def run(self) -> None:
        """Until cancelled. What still waits then is learnt when the station comes again."""
        try:
            while True:
                await self._news.wait()
                await self._learn_next()
                await asyncio.sleep(PAUSE)
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def _learn_next(self) -> None:
        """The one that waits longest; it goes on waiting where the store is away."""
        station, lesson = next(iter(self._waiting.items()))
        try:
            came = await learn_password(
                self._store, lesson, self._hashed, self._keys, self._clock, self._entropy
            )
        except (OutsideFault, Conflict) as error:
            self._reports.log_only("facts_delayed", reason=error.what, waiting=len(self._waiting))
            return
        del self._waiting[station]
        if not self._waiting:
            self._news.clear()
        if isinstance(came, Doubt):
            self._doubt(station, came)
        elif came is not None:
            self._reports.log_only(came.kind, came.subject, **came.facts)  # its row is written

    def _doubt(self, station: StationId, doubt: Doubt) -> None:
        if len(self._doubted) < DOUBTED:
            self._doubted.add(station)
        self._reports.happened("password_not_learnt", str(station), {"reason": doubt.reason})

    async def _hashed(self, new: NewPassword) -> Password:
        return await asyncio.get_running_loop().run_in_executor(self._pool, proof_of, new, self._keys)

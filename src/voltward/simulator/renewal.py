"""Which certificates a station asks for, and when it asks again. Pure; one course for each use.

A request that was taken and brought no certificate is made again after a wait that doubles, so many times,
and then not before somebody asks for it (A02.FR.17 to FR.20).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from voltward.simulator.memory.uses import CertificateUse

#: "Expires within one month" (A03.FR.02): the shortest month there is.
A_MONTH: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Retries:
    """The first wait, and how often a request is made again; no wait: never."""

    wait: timedelta
    times: int


@dataclass(slots=True)
class _Course:
    rounds: int = 0  # how often the request was taken
    again_at: datetime | None = None


class Renewal:
    """The requests that are due to be said, and those that wait for their certificate."""

    def __init__(self) -> None:
        self._due: deque[CertificateUse] = deque()
        self._courses: dict[CertificateUse, _Course] = {}
        self._asked_by_itself: set[int] = set()  # serial numbers of certificates whose end it acted upon

    @property
    def due(self) -> CertificateUse | None:
        """The next one to be asked for."""
        return self._due[0] if self._due else None

    def ask(self, use: CertificateUse) -> None:
        """Somebody wants it: begin anew, whatever was before."""
        self._courses[use] = _Course()
        self._put(use)

    def ends_soon(self, leaf: x509.Certificate, use: CertificateUse, now: datetime) -> bool:
        """Ask by itself, once, when the certificate ends within a month; whether it does so now."""
        if now < leaf.not_valid_after_utc - A_MONTH or leaf.serial_number in self._asked_by_itself:
            return False
        self._asked_by_itself.add(leaf.serial_number)
        if use in self._courses:
            return False
        self.ask(use)
        return True

    def said(self) -> None:
        """The one that was due has been said."""
        self._due.popleft()

    def unanswered(self, use: CertificateUse) -> None:
        """The link went away before anybody answered: it is said again on the next, unless it is settled."""
        if use in self._courses:
            self._put(use)

    def answered(self, use: CertificateUse, *, taken: bool, retries: Retries, now: datetime) -> None:
        """The CSMS took the request, or did not."""
        course = self._courses.get(use)
        if course is None:
            return
        if not taken:
            del self._courses[use]
            return
        wait = retries.wait * 2**course.rounds
        course.again_at = now + wait if wait and course.rounds < retries.times else None
        course.rounds += 1

    def ended(self, use: CertificateUse) -> None:
        """A certificate came, good or bad: no further request until somebody asks (A02.FR.20)."""
        self._courses.pop(use, None)
        if use in self._due:
            self._due.remove(use)

    def tick(self, now: datetime) -> None:
        """Time has passed: whoever has waited long enough asks again."""
        for use, course in self._courses.items():
            if course.again_at is not None and course.again_at <= now:
                course.again_at = None
                self._put(use)

    def next_deadline(self) -> datetime | None:
        """When `tick` has something to do."""
        return min((one.again_at for one in self._courses.values() if one.again_at is not None), default=None)

    def _put(self, use: CertificateUse) -> None:
        if use not in self._due:
            self._due.append(use)

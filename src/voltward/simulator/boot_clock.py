"""What the CSMS said to a station's last boot: so when it boots again and beats its heart (B01 to B03)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltward.simulator.frames import Payload

_BOOT_RETRY: Final = timedelta(seconds=30)
_HEARTBEAT: Final = timedelta(seconds=300)


class Registration(StrEnum):
    """What the CSMS said to the last boot; it outlives a reconnect (OCPP-J 5.4)."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"


class BootClock:
    """Told of boots and their answers; asked what it is time for."""

    def __init__(self) -> None:
        self.registration = Registration.UNKNOWN
        self.has_restarted = False  # which its next boot says
        self._boot_at: datetime | None = None
        self._heartbeat_at: datetime | None = None
        self._heartbeat_every = _HEARTBEAT

    @property
    def is_accepted(self) -> bool:
        """Whether it may say what it likes."""
        return self.registration is Registration.ACCEPTED

    def deadlines(self) -> tuple[datetime | None, datetime | None]:
        """When it is time for a boot, and for a heartbeat."""
        return self._boot_at, self._heartbeat_at

    def is_time_to_boot(self, now: datetime) -> bool:
        """Whether a boot that was put off is due."""
        return self._boot_at is not None and self._boot_at <= now

    def is_time_to_beat(self, now: datetime) -> bool:
        """Whether a heartbeat is due; asked once for each."""
        if self._heartbeat_at is None or self._heartbeat_at > now:
            return False
        self._heartbeat_at = now + self._heartbeat_every
        return True

    def booting(self) -> None:
        """A boot is under way, or there is no link for one: nothing is put off any more."""
        self._boot_at = None

    def unanswered(self, now: datetime) -> None:
        """No answer came in time."""
        self._boot_at = now

    def refused(self, now: datetime) -> None:
        """An error came for an answer."""
        self._boot_at = now + _BOOT_RETRY

    def restarted(self) -> None:
        """The station starts anew, and knows of no answer."""
        self.registration = Registration.UNKNOWN
        self.has_restarted = True
        self._heartbeat_at = None

    def answered(self, answer: Payload, now: datetime) -> None:
        """The answer to its boot, and the interval in it (seconds)."""
        status, seconds = answer.get("status"), answer.get("interval")
        interval = timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else None
        if status != "Accepted":
            # The station waits out the interval, or chooses one when it is 0 (B02.FR.07/08, B03.FR.05/06).
            self.registration = Registration.PENDING if status == "Pending" else Registration.REJECTED
            self._boot_at = now + (interval or _BOOT_RETRY)
            return
        self.registration = Registration.ACCEPTED
        self.has_restarted = False
        self._heartbeat_every = interval or _HEARTBEAT
        self._heartbeat_at = now + self._heartbeat_every

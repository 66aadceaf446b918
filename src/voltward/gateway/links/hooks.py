"""What a link looks at in its station's calls: boots (the serial fits?), security events (on disk first)."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Protocol

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.errors import OutsideFault
from voltward.domain.events import FactValue
from voltward.gateway.links.duties import LeavingLink, LinkDuties
from voltward.gateway.relay.rules import Hold, Hook
from voltward.lifecycles.station_session import CloseCause
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frames import Call
from voltward.ocpp.relay_answers import FORWARD, Block, CallAnswer

JOURNAL_PATIENCE = 10.0  # seconds that a security event may wait for the disk


class WatchedLink(LeavingLink, Protocol):
    """The link whose station calls."""

    serial: str | None

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        """Report an event."""

    def end(self, cause: CloseCause, reason: str, /) -> None:
        """End the link."""


def hook_of(link: WatchedLink, duties: LinkDuties, purpose: CallPurpose) -> Hook | None:
    """What looks at the calls of this link that have this purpose."""
    if purpose is CallPurpose.BOOT:
        return partial(_boot, link, duties)
    if purpose is CallPurpose.SECURITY_EVENT:
        return partial(_security_event, link, duties)
    return None


def boot_problem(link: WatchedLink, duties: LinkDuties, call: Call) -> str:
    """What a boot says that does not fit; empty is fine ((2.x) B01.FR.11)."""
    facts = link.dialect.boot_facts(call.payload)
    if facts.serial is not None:
        link.serial = facts.serial
    duties.boot_told(link.judgement, facts)
    return duties.boot_problem(link.judgement, link.dialect, facts.serial)


async def journal_security_event(link: WatchedLink, duties: LinkDuties, call: Call) -> bool:
    """Whether the event is on disk; a station that is not answered sends it again (A04.FR.02)."""
    try:
        async with asyncio.timeout(JOURNAL_PATIENCE):
            await duties.journal_security_event(link, call)
    except (TimeoutError, OutsideFault):
        link.happened("security_event_not_journalled", action=call.action)
        return False
    return True


def _boot(link: WatchedLink, duties: LinkDuties, call: Call) -> CallAnswer:
    problem = boot_problem(link, duties, call)
    if not problem:
        return FORWARD
    link.happened("boot_serial_mismatched", reason=problem, control="BOOT-01")
    link.end(CloseCause.WRONG_SERIAL, "serial number does not fit the certificate")
    return Block(ErrorCode.SECURITY, "serial number", ())


def _security_event(link: WatchedLink, duties: LinkDuties, call: Call) -> Hold:
    """On disk before the CSMS, and so the station, hears of it (ruling 29)."""
    return Hold(_journalled(link, duties, call))


async def _journalled(link: WatchedLink, duties: LinkDuties, call: Call) -> CallAnswer:
    if not await journal_security_event(link, duties, call):
        link.end(CloseCause.VIOLATION, "the journal is away")
    return FORWARD

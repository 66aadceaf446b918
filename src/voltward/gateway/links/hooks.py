"""What a link looks at in the calls of its station and, about certificates, of its CSMS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.command_rule import Direction
from voltward.domain.errors import OutsideFault
from voltward.domain.events import FactValue
from voltward.gateway.links.csms_certificates import WATCHED
from voltward.gateway.links.duties import LeavingLink, LinkDuties
from voltward.gateway.relay.owner import Heard, Hold, Hook
from voltward.lifecycles.station_session import CloseCause
from voltward.ocpp.certificate_calls import read_certificate_call
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


def hook_of(link: WatchedLink, duties: LinkDuties, purpose: CallPurpose, direction: Direction) -> Hook | None:
    """What looks at the calls of this link that go this way and have this purpose."""
    looks = _AT_THE_CSMS if direction is Direction.TO_STATION else _AT_THE_STATION
    look = looks.get(purpose)
    return partial(look, link, duties) if look is not None else None


def boot_problem(link: WatchedLink, duties: LinkDuties, call: Call) -> str:
    """What a boot says that does not fit; empty is fine ((2.x) B01.FR.11)."""
    facts = link.dialect.boot_facts(call.payload)
    if facts.serial not in (None, link.serial):  # what is known already is held once
        link.serial = facts.serial
    duties.boot_told(link.judgement, facts)
    return duties.boot_problem(link.judgement, link.dialect, facts.serial)


async def journal_security_event(link: WatchedLink, duties: LinkDuties, call: Call) -> bool:
    """Whether the event is on disk; a station that is not answered sends it again (A04.FR.02)."""
    try:
        async with asyncio.timeout(JOURNAL_PATIENCE):
            await duties.security_events.keep(link, call)
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


def _request(link: WatchedLink, duties: LinkDuties, call: Call) -> CallAnswer | Hold:
    """A request for a certificate: on disk before the station hears that we shall see to it."""
    group = duties.book.group_of(link.judgement.entry)
    return FORWARD if group.certificates == "pass" else Hold(duties.requests.answer(link, group, call))


def _tunnelled(link: WatchedLink, duties: LinkDuties, call: Call) -> CallAnswer | Hold:
    """A request that takes the way of those for cars is looked at like the real one (ruling 20)."""
    about = read_certificate_call(link.dialect, call)
    return FORWARD if about is None or about.purpose is not CallPurpose.CSR else _request(link, duties, call)


def _status(link: WatchedLink, duties: LinkDuties, call: Call) -> CallAnswer | Hold:
    group = duties.book.group_of(link.judgement.entry)
    return FORWARD if group.certificate_status == "pass" else Hold(duties.statuses.answer(link, call))


def _told_by_csms(link: WatchedLink, duties: LinkDuties, call: Call) -> CallAnswer | Heard:
    return duties.csms_certificates.look(link, duties.book.group_of(link.judgement.entry), call)


async def _journalled(link: WatchedLink, duties: LinkDuties, call: Call) -> CallAnswer:
    if not await journal_security_event(link, duties, call):
        link.end(CloseCause.VIOLATION, "the journal is away")
    return FORWARD


_Look = Callable[[WatchedLink, LinkDuties, Call], CallAnswer | Hold | Heard]
_AT_THE_STATION: dict[CallPurpose, _Look] = {
    CallPurpose.BOOT: _boot,
    CallPurpose.SECURITY_EVENT: _security_event,
    CallPurpose.CSR: _request,
    CallPurpose.TUNNEL: _tunnelled,
    CallPurpose.CERTIFICATE_STATUS: _status,
    CallPurpose.CHAIN_STATUS: _status,
}
_AT_THE_CSMS: dict[CallPurpose, _Look] = dict.fromkeys(WATCHED, _told_by_csms)

"""The revocation lists of our own authorities: fetched from the signer when they move.

A list is asked for again when something was revoked, or half of its time is over: so its next update is
always ahead. A signer that is away leaves what was last known; it is good for days.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from voltward.ports.signer import KeyPlace, RevocationList, Signer, SignerAuthority

Keep = Callable[[str, bytes], Awaitable[None]]  # the name of an authority, its list as DER


@dataclass(frozen=True, slots=True)
class PublishedAuthority:
    """One of our authorities with its list; none where its key is elsewhere and nobody carried one over."""

    authority: SignerAuthority
    list: RevocationList | None = None


async def nowhere(_name: str, _der: bytes) -> None:
    """No files are kept."""


class ListKeeper:
    """`keep` is told of each new list, to put it where files are: megabytes, so nobody waits for the disk."""

    def __init__(self, signer: Signer, keep: Keep = nowhere) -> None:
        self._signer = signer
        self._keep = keep
        self.published: Mapping[str, PublishedAuthority] = {}  # by name

    async def refresh(self, now: datetime) -> list[str]:
        """Names of the authorities whose list moved. OutsideFault while the signer is away: all stays."""
        told = await self._signer.authorities()
        before, after, moved = self.published, dict[str, PublishedAuthority](), list[str]()
        for authority in told:
            known = before.get(authority.name)
            made = known.list if known is not None else None
            if _is_due(known, authority, now):
                made = await self._signer.revocation_list(authority.id)
                moved.append(authority.name)
                await self._keep(authority.name, made.der)
            after[authority.name] = PublishedAuthority(authority, made)
        self.published = after
        return moved


def _is_due(known: PublishedAuthority | None, authority: SignerAuthority, now: datetime) -> bool:
    if authority.key_place is KeyPlace.ELSEWHERE:
        told = known.list.number if known is not None and known.list is not None else 0
        return authority.carried not in {0, told}
    if known is None or known.list is None or known.authority.id != authority.id:
        return True
    half = known.list.made_at + (known.list.next_update - known.list.made_at) / 2
    return authority.revoked != known.authority.revoked or now >= half

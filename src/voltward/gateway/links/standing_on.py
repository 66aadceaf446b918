"""How many live links stand on a certificate or on an authority: what its revocation would cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.door.judging import Judgement


class JudgedLink(Protocol):
    """A live link."""

    judgement: Judgement


def count_standing_on(links: Iterable[JudgedLink], named: str) -> int:
    """Links that came in by the certificate or the authority with this SHA-256 (hexadecimal, in full)."""
    return sum(_stands_on(link.judgement, named) for link in links)


def _stands_on(judgement: Judgement, named: str) -> bool:
    chain = judgement.observation.chain
    if chain is None or judgement.profile is not SecurityProfile.TLS_CERTIFICATE:
        return False
    twin = chain.twin.hex() if chain.twin is not None else ""
    authority = chain.authority.id if chain.authority is not None else ""
    return named in (chain.leaf.fingerprint.hex(), twin, authority)

"""May the CSMS behind us change what a station trusts for its link to us? Pure; the caller answers.

A station that trusts only a root which does not vouch for us is lost, and so is one that forgets the root
that does (field notes 19, 31; M04, M05 allow both).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.crypto.reading.certificate_hash import find_certificate, issuer_name_hash
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.crypto.reading.trust_anchors import install_problem, is_signed_by
from voltward.domain.intents import CertificateHash

INSTALLING: Final = "MSG-08"
REMOVING: Final = "MSG-09"


@dataclass(frozen=True, slots=True)
class OurAnchors:
    """What stations know us by (DER): the chains of our listeners, leaf first, and the roots we know."""

    chains: tuple[tuple[bytes, ...], ...] = ()
    roots: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class AnchorRefusal:
    """The control, what was seen, and what would unlock it."""

    control: str
    reason: str
    mend: str


def judge_installation(pem: str, ours: OurAnchors, now: datetime) -> AnchorRefusal | None:
    """Whether this root may be installed for the link to us (ruling 27); None if it may.

    One that does not vouch for us yet is held until it does: a station that takes one root alone would be
    left with it.
    """
    try:
        found = read_pem_bundle(pem)
    except UnreadableCertificate:
        found = []
    if len(found) != 1:
        return AnchorRefusal(INSTALLING, "it is not one certificate", "Send one certificate in PEM form.")
    problem = install_problem(found[0], now, ours.roots)
    if problem is not None:
        return AnchorRefusal(INSTALLING, problem.reason, "Install a CA certificate that is in order.")
    if not any(_vouches(found[0], chain) for chain in ours.chains):
        return AnchorRefusal(
            INSTALLING,
            "no chain that stations are shown here leads to it",
            "Serve a chain below it first (gateway.chains or gateway.host_chains), then install it.",
        )
    return None


def judge_removal(named: CertificateHash, ours: OurAnchors) -> AnchorRefusal | None:
    """Whether a station may forget this certificate; None if it may.

    Compared in the algorithm that was used. Where the root of a chain of ours is not known here, its name
    alone decides, on the safe side.
    """
    known = [*ours.roots, *(der for chain in ours.chains for der in chain)]
    if find_certificate(named, known) is not None or named.issuer_name.lower() in set(
        _unknown_issuers(named, ours)
    ):
        return AnchorRefusal(
            REMOVING,
            "stations reach this gateway by it",
            "Rotate the root first; Voltward removes the old one when nobody needs it.",
        )
    return None


def _vouches(root: bytes, chain: tuple[bytes, ...]) -> bool:
    return any(der == root or is_signed_by(der, root) for der in chain)


def _unknown_issuers(named: CertificateHash, ours: OurAnchors) -> Iterator[str]:
    """The names of those above our chains whose certificate we have not got."""
    for chain in ours.chains:
        top = chain[-1]
        if not any(is_signed_by(top, root) for root in (*ours.roots, top)):
            try:
                yield issuer_name_hash(top, named.algorithm)
            except UnreadableCertificate:
                continue

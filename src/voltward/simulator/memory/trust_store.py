"""The roots that a station trusts, by use: installing, deleting and listing them (M03 to M05)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from voltward.simulator.memory.hash_data import HashData, hash_data
from voltward.simulator.memory.paths import Certificates, is_authority, is_issued_by
from voltward.simulator.memory.uses import AnchorUse


@dataclass(frozen=True, slots=True)
class Anchor:
    """One root; a fallback is what the newest root replaced, until a link came up with the new one."""

    use: AnchorUse
    certificate: x509.Certificate
    is_fallback: bool = False


class Refusal(StrEnum):
    """Why a root is not installed, or not deleted."""

    FULL = "the store is full"
    INVALID = "it is no valid authority of its own"
    UNSIGNED = "the root that it replaces has not signed it"
    UNKNOWN = "there is no such certificate"


@dataclass(frozen=True, slots=True)
class StoreTerms:
    """What binds the store: its capacity, and whether a CSMS root has to be signed by the one before it."""

    capacity: int
    additional_check: bool


@dataclass(slots=True)
class TrustStore:
    """The anchors, in the order in which they came."""

    anchors: list[Anchor] = field(default_factory=list[Anchor])

    def roots(self, use: AnchorUse, *, fallback: bool = False) -> Certificates:
        """The certificates of one use: those that hold, or those kept to fall back on."""
        return tuple(
            anchor.certificate
            for anchor in self.anchors
            if anchor.use is use and anchor.is_fallback is fallback
        )

    def install(
        self, use: AnchorUse, root: x509.Certificate, terms: StoreTerms, now: datetime
    ) -> Refusal | None:
        """Take a root in; None when it is there afterwards. One that is there already is replaced."""
        if not is_authority(root) or not root.not_valid_before_utc <= now <= root.not_valid_after_utc:
            return Refusal.INVALID
        if any(anchor.use is use and anchor.certificate == root for anchor in self.anchors):
            return None
        if len(self.anchors) >= terms.capacity:
            return Refusal.FULL
        if use is AnchorUse.CSMS and terms.additional_check:
            return self._succeed(root)
        if not is_issued_by(root, root):
            return Refusal.INVALID
        self.anchors.append(Anchor(use, root))
        return None

    def _succeed(self, root: x509.Certificate) -> Refusal | None:
        """A new CSMS root in the place of the old one, which is kept to fall back on (M05.FR.10 to FR.12).

        While no link has come up with the last one, it is the fallback that signs: it is what works.
        """
        proven = self.roots(AnchorUse.CSMS, fallback=True) or self.roots(AnchorUse.CSMS)
        if not any(is_issued_by(root, old) for old in proven):
            return Refusal.UNSIGNED
        others = [anchor for anchor in self.anchors if anchor.use is not AnchorUse.CSMS]
        kept = [Anchor(AnchorUse.CSMS, old, is_fallback=True) for old in proven]
        self.anchors = [*others, *kept, Anchor(AnchorUse.CSMS, root)]
        return None

    def worked(self, *, fallback: bool) -> None:
        """A link came up with the CSMS root that holds: its predecessor goes (M05.FR.13)."""
        if not fallback:
            self.anchors = [anchor for anchor in self.anchors if not anchor.is_fallback]

    def name(self, anchor: Anchor, algorithm: str) -> HashData:
        """How the station calls one of its anchors."""
        return hash_data(anchor.certificate, self._issuer_of(anchor), algorithm)

    def find(self, wanted: HashData) -> Anchor | None:
        """The anchor that is meant, whichever algorithm it is named with."""
        return next((one for one in self.anchors if self.name(one, wanted.algorithm).names(wanted)), None)

    def delete(self, anchor: Anchor) -> None:
        """Forget it. The fallback of the last CSMS root holds again."""
        self.anchors = [one for one in self.anchors if one is not anchor]
        if anchor.use is AnchorUse.CSMS and not self.roots(AnchorUse.CSMS):
            self.anchors = [replace(one, is_fallback=False) for one in self.anchors]

    def listed(self, uses: Sequence[AnchorUse]) -> list[Anchor]:
        """The anchors of these uses."""
        return [anchor for anchor in self.anchors if anchor.use in uses]

    def _issuer_of(self, anchor: Anchor) -> x509.Certificate:
        """Who signed it: itself, mostly; a root under the additional check was signed by its predecessor."""
        root = anchor.certificate
        known = (root, *(other.certificate for other in self.anchors))
        return next((other for other in known if is_issued_by(root, other)), root)

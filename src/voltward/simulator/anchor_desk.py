"""A station's dealings about the roots that it trusts: install, delete, list (M03 to M05). Sans I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.simulator.certificate_rules import CertificateRules, EventKind, Key
from voltward.simulator.dial import Endpoint
from voltward.simulator.faults import Fault
from voltward.simulator.memory.hash_data import ALGORITHMS, HashData, hash_data
from voltward.simulator.memory.key_box import Held
from voltward.simulator.memory.paths import Certificates, is_issued_by
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.memory.trust_store import Anchor, Refusal, StoreTerms
from voltward.simulator.memory.uses import AnchorUse, CertificateUse

_FOR_VEHICLES = frozenset({CertificateUse.V2G, CertificateUse.V2G_20, CertificateUse.COMBINED})


class Installed(StrEnum):
    """How a station answers an InstallCertificate."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    FAILED = "Failed"


class Deleted(StrEnum):
    """How a station answers a DeleteCertificate."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    NOT_FOUND = "NotFound"


@dataclass(frozen=True, slots=True)
class VehicleChain:
    """The station's certificate for vehicles, and its sub-authorities (M03.FR.05)."""

    leaf: HashData
    children: tuple[HashData, ...]


class AnchorDesk:
    """One station's. `events` collects what it has to report."""

    def __init__(self, memory: StationMemory, rules: CertificateRules, faults: frozenset[Fault]) -> None:
        self.memory = memory
        self.rules = rules
        self.events: list[EventKind] = []
        self.root_in_use: x509.Certificate | None = None
        self._faults = faults
        self._uses_fallback = False
        self._has_told_distrust = False
        if Key.STORE_SIZE in rules.keys:
            memory.settings[rules.keys[Key.STORE_SIZE]] = str(memory.capacity)
        self._count()

    # -- what the CSMS asks

    def install(self, use: AnchorUse, pem: str, now: datetime) -> Installed:
        """Keep a root, or refuse it (M05); an invalid one for the CSMS is reported."""
        if Fault.INSTALL_FAILED in self._faults:
            return Installed.FAILED
        if self._faults & {Fault.INSTALL_REJECTED, Fault.STORE_FULL}:
            return Installed.REJECTED
        try:
            (root,) = x509.load_pem_x509_certificates(pem.encode())
        except ValueError:
            return self._refuse(use)
        before = list(self.memory.trust.anchors)
        refusal = self.memory.trust.install(use, root, self._terms(), now)
        if Fault.INSTALL_FORGOTTEN in self._faults:
            self.memory.trust.anchors = before
        self._count()
        if refusal is None:
            return Installed.ACCEPTED
        return Installed.REJECTED if refusal is Refusal.FULL else self._refuse(use)

    def _refuse(self, use: AnchorUse) -> Installed:
        if use is AnchorUse.CSMS:
            self.events.append(EventKind.INVALID_CSMS_CERTIFICATE)
        return Installed.REJECTED

    def delete(self, wanted: HashData) -> Deleted:
        """Forget a root or the certificate for vehicles; what the station needs to reach its CSMS stays."""
        if wanted.algorithm not in ALGORITHMS:
            return Deleted.NOT_FOUND
        anchor = self.memory.trust.find(wanted)
        if anchor is not None:
            if self._needs(anchor):
                return Deleted.FAILED
            self.memory.trust.delete(anchor)
            self._count()
            return Deleted.ACCEPTED
        held = next((one for one in self.memory.keys.held if self._is(one, wanted)), None)
        if held is None:
            return Deleted.NOT_FOUND
        if held.use.is_for_the_link:
            return Deleted.FAILED  # (WP-M04.FR.05, M04.FR.06)
        self.memory.keys.discard(held)
        return Deleted.ACCEPTED

    def list(self, uses: Sequence[AnchorUse]) -> tuple[tuple[AnchorUse, HashData], ...]:
        """What is kept for these uses, by the algorithm of the station's choice."""
        algorithm, trust = self.memory.hash_algorithm, self.memory.trust
        return tuple((anchor.use, trust.name(anchor, algorithm)) for anchor in trust.listed(uses))

    def vehicle_chains(self) -> tuple[VehicleChain, ...]:
        """The certificates for vehicles."""
        return tuple(self._chain_of(held) for held in self.memory.keys.held if held.use in _FOR_VEHICLES)

    def own_name(self) -> HashData | None:
        """How the certificate that came last is called; None without any."""
        held = self.memory.keys.held
        return self._chain_of(held[-1]).leaf if held else None

    # -- what the link shows

    def roots(self) -> Certificates:
        """What the CSMS has to lead to on the next link; empty: the station was given nothing to check by."""
        csms = self.memory.trust
        return csms.roots(AnchorUse.CSMS, fallback=self._uses_fallback) or csms.roots(AnchorUse.CSMS)

    def dress(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with these roots in the place of those it was dialled with."""
        roots, tls = self.roots(), endpoint.tls
        if not roots or tls is None or not tls.verify:
            return endpoint
        pem = b"".join(root.public_bytes(Encoding.PEM) for root in roots).decode("ascii")
        return replace(endpoint, tls=replace(tls, ca_pem=pem))

    def distrusted(self) -> None:
        """The server led to no root: the next link tries those that were before (M05.FR.14). Told once."""
        has_fallback = bool(self.memory.trust.roots(AnchorUse.CSMS, fallback=True))
        self._uses_fallback = has_fallback and not self._uses_fallback
        if not self._has_told_distrust:
            self.events.append(EventKind.INVALID_CSMS_CERTIFICATE)
            self._has_told_distrust = True

    def worked(self, root: bytes | None) -> None:
        """The link came up; `root` is what the server led to (DER), where the link can tell."""
        self._has_told_distrust = False
        self.root_in_use = None if root is None else x509.load_der_x509_certificate(root)
        if self.root_in_use is not None:
            self.memory.trust.worked(fallback=self._uses_fallback)
            self._count()

    def is_by(self, root_pem: str) -> bool:
        """Whether the server led to this root when the last link came up."""
        return self.root_in_use == x509.load_pem_x509_certificate(root_pem.encode("ascii"))

    # -- beneath

    def _needs(self, anchor: Anchor) -> bool:
        if anchor.use is not AnchorUse.CSMS:
            return False
        if self.rules.spares_root_in_use:
            return anchor.certificate == self.root_in_use
        return len(self.memory.trust.listed([AnchorUse.CSMS])) == 1

    def _is(self, held: Held, wanted: HashData) -> bool:
        return hash_data(held.leaf, self._issuer_of(held.leaf, held), wanted.algorithm).names(wanted)

    def _chain_of(self, held: Held) -> VehicleChain:
        chain = (held.leaf, *held.issued.intermediates)
        names = [hash_data(one, self._issuer_of(one, held), self.memory.hash_algorithm) for one in chain]
        return VehicleChain(names[0], tuple(names[1:]))

    def _issuer_of(self, certificate: x509.Certificate, held: Held) -> x509.Certificate:
        anchors = (anchor.certificate for anchor in self.memory.trust.anchors)
        known = (*held.issued.intermediates, *anchors)
        return next((one for one in known if is_issued_by(certificate, one)), certificate)

    def _terms(self) -> StoreTerms:
        checks = self.memory.settings.get(self.rules.keys.get(Key.ROOT_CHECK, ""), "")
        return StoreTerms(self.memory.capacity, checks.casefold() == "true")

    def _count(self) -> None:
        if Key.ENTRIES in self.rules.keys:
            self.memory.settings[self.rules.keys[Key.ENTRIES]] = str(len(self.memory.trust.anchors))

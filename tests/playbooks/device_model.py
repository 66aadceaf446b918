"""A station's firmware, as far as life-cycles touch it: what it takes, keeps, and dials by."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.playbooks.test_trust_rollover import CROSSED, NEW, OLD, listing
from voltward.domain.intents import (
    CertificateHash,
    InstallCertificate,
    InstallTrustAnchor,
    Intent,
    IntentAnswer,
    ListTrustAnchors,
    OfferNetwork,
    Outcome,
    PreferNetworks,
    RaiseProfile,
    ReadFacts,
    Reading,
    ReadingTold,
    RemoveTrustAnchor,
    RequestCsr,
    Restart,
)
from voltward.domain.security_profile import SecurityProfile

P1, P2, P3 = SecurityProfile
YES, NO = IntentAnswer(Outcome.ACCEPTED), IntentAnswer(Outcome.REJECTED, "no")
UNKNOWN = IntentAnswer(Outcome.UNSUPPORTED)


@dataclass(frozen=True)
class Firmware:
    """`takes_words`: its profile is raised in one word, and for good; else it has network profiles."""

    takes_words: bool = False
    checks_roots: bool = False  # takes a root only from the one that it has
    forgets_request: bool = True  # when it has its certificate, or reboots


@dataclass
class Device:
    """`held`: certificates, oldest first; `slots`: its network profiles by slot, `order`: best first."""

    firmware: Firmware
    held: list[bytes]
    profile: SecurityProfile
    trusts: set[CertificateHash] = field(default_factory=lambda: {OLD})
    request: bytes | None = None
    slots: dict[int, SecurityProfile] = field(default_factory=dict[int, SecurityProfile])
    order: tuple[int, ...] = (1,)
    owes_request: bool = False

    def __post_init__(self) -> None:
        self.slots[1] = self.profile

    def does(self, intent: Intent, certificate: tuple[bytes, bytes] | None) -> IntentAnswer:
        """`certificate`: with the key that it is for, where it is handed one."""
        match intent:
            case RequestCsr():
                self.owes_request = True
            case InstallCertificate():
                assert certificate is not None
                return self._takes(*certificate)
            case ListTrustAnchors():
                return listing(*sorted(self.trusts, key=lambda one: one.serial))
            case InstallTrustAnchor(certificate_pem=pem):
                return self._trusts(CROSSED if pem == "crossed PEM" else NEW) if "PEM" in pem else YES
            case RemoveTrustAnchor(certificate=named):
                self.trusts.discard(named)
            case RaiseProfile(profile=profile) if self.firmware.takes_words:
                self.profile = profile if self.held else self.profile
                return YES if self.held else NO
            case RaiseProfile():
                return UNKNOWN
            case _:
                return self._networks(intent)
        return YES

    def _takes(self, certificate: bytes, key: bytes) -> IntentAnswer:
        if self.request != key:
            return NO
        if certificate not in self.held:
            self.held.append(certificate)
        self.request = None if self.firmware.forgets_request else self.request
        return YES

    def _trusts(self, root: CertificateHash) -> IntentAnswer:
        if self.firmware.checks_roots and root is NEW:
            return NO
        self.trusts.add(root)
        return YES

    def _networks(self, intent: Intent) -> IntentAnswer:
        match intent:
            case ReadFacts(readings=readings):
                told = {
                    Reading.NETWORKS: ",".join(map(str, self.order)),
                    Reading.ADDITIONAL_ROOT_CHECK: str(self.firmware.checks_roots).lower(),
                }
                return IntentAnswer(
                    Outcome.ACCEPTED,
                    readings=tuple(ReadingTold(one, told[one]) for one in readings if one in told),
                )
            case OfferNetwork(slot=slot, profile=profile):
                self.slots[slot] = profile
            case PreferNetworks(slots=slots):
                if not self.held and any(self.slots.get(slot) is P3 for slot in slots):
                    return NO
                self.order = slots
            case Restart():
                self.starts()
            case _:
                pass
        return YES

    def starts(self) -> None:
        """It dials by the first of its networks from now on."""
        if not self.firmware.takes_words:
            self.profile = self.slots[self.order[0]]

    def falls_back(self) -> bool:
        """To the next of its networks; whether there is one."""
        below = [slot for slot in self.order if self.slots[slot] is not self.profile]
        if self.firmware.takes_words or not below:
            return False
        self.profile = self.slots[below[0]]
        return True

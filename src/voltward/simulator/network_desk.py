"""A station's network profiles: what it is given, in which order it dials by them, and what works.

Sans I/O. They lie among its settings, so that they outlive a restart; the slot that it was provisioned with
has no address of its own. Which one it dials by goes by its security profile, which `certificate_desk` keeps:
that is where a profile that does not work is left again, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from voltward.domain.security_profile import SecurityProfile
from voltward.simulator.certificate_desk import CertificateDesk
from voltward.simulator.certificate_rules import Key
from voltward.simulator.dial import Endpoint
from voltward.simulator.faults import Fault

SLOTS: Final = (1, 2, 3)
ORDER: Final = "OCPPCommCtrlr.NetworkConfigurationPriority"


@dataclass(frozen=True, slots=True)
class Network:
    """A slot's content; without a URL, what an installer brought."""

    profile: SecurityProfile
    url: str = ""


class NetworkDesk:
    """One station's. Only versions whose settings have the order have network profiles."""

    def __init__(self, certificates: CertificateDesk) -> None:
        self._certificates = certificates
        self._settings = certificates.memory.settings

    def offer(self, slot: int, network: Network) -> str:
        """Keep it: empty, or why not, as a reason code (B09.FR.01 to FR.05)."""
        self._note_what_was_brought()
        if Fault.NETWORK_REJECTED in self._certificates.faults or not _is_whole(network):
            return "InvalidNetworkConf"
        if slot not in SLOTS:
            return "InvalidConfSlot"
        if network.profile < self._profile:
            return "NoSecurityDowngrade"
        self._settings[_name(slot)] = f"{int(network.profile)} {network.url}"
        return ""

    def prefer(self, order: str, *, has_root: bool) -> bool:
        """Dial in this order from the next start on, where each of them could work (A05.FR.02 to FR.04)."""
        self._note_what_was_brought()
        slots = _slots(order)
        networks = [self._network(slot) for slot in slots]
        if not slots or Fault.ORDER_REJECTED in self._certificates.faults:
            return False
        for network in networks:
            if network is None or not self._could_dial(network.profile, has_root=has_root):
                return False
        self._settings[ORDER] = order
        return True

    def restarted(self, *, has_root: bool) -> None:
        """Begin with the first of the order (A05.FR.05)."""
        first = next(iter(self._order()), None)
        network = self._network(first) if first is not None else None
        if network is not None and network.profile > self._profile:
            self._certificates.raise_profile(str(int(network.profile)), has_root=has_root)

    def worked(self) -> None:
        """The link is up: what is below it goes for good (A05.FR.06)."""
        known = {slot: network for slot in SLOTS if (network := self._network(slot)) is not None}
        lower = {slot for slot, network in known.items() if network.profile < self._profile}
        left = [slot for slot in self._order() if slot not in lower]
        if lower and left:
            self._settings[ORDER] = ",".join(map(str, left))
            for slot in lower:
                self._settings.pop(_name(slot), None)

    def dress(self, endpoint: Endpoint) -> Endpoint:
        """Where the network that it goes by leads."""
        networks = (self._network(slot) for slot in self._order())
        used = next((network for network in networks if network and network.profile == self._profile), None)
        if used is None or not used.url or endpoint.tls is None:
            return endpoint
        parts = urlsplit(used.url)
        path = f"{parts.path.rstrip('/')}/{{station}}"
        port, name = parts.port or 443, parts.hostname or ""
        host = endpoint.host if name == endpoint.tls.server_name else name
        return Endpoint(host, port, path, replace(endpoint.tls, server_name=name))

    @property
    def _profile(self) -> int:
        """0: none is configured, as one version has it."""
        return self._certificates.number(Key.PROFILE, 0)

    def _order(self) -> tuple[int, ...]:
        return _slots(self._settings.get(ORDER, ""))

    def _note_what_was_brought(self) -> None:
        """The installer's slot is on the profile of today; afterwards it may be another one."""
        for slot in self._order():
            self._settings.setdefault(_name(slot), f"{max(self._profile, SecurityProfile.UNSECURED_BASIC)} ")

    def _network(self, slot: int) -> Network | None:
        profile, _, url = self._settings.get(_name(slot), "").partition(" ")
        return Network(SecurityProfile(int(profile)), url) if profile else None

    def _could_dial(self, profile: SecurityProfile, *, has_root: bool) -> bool:
        if profile is SecurityProfile.TLS_CERTIFICATE and not self._certificates.memory.keys.for_the_link():
            return False
        return has_root or profile is SecurityProfile.UNSECURED_BASIC


def _name(slot: int) -> str:
    return f"NetworkConfiguration[{slot}]"


def _slots(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else ()


def _is_whole(network: Network) -> bool:
    scheme = "ws" if network.profile is SecurityProfile.UNSECURED_BASIC else "wss"
    try:
        parts = urlsplit(network.url)
        return parts.scheme == scheme and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False

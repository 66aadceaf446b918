"""Local Controllers (ruling 7; P4-6.5): one certificate that speaks for a list of stations, and for no other.

A Local Controller opens a connection for each station behind it, on that station's path, with its own
certificate on all of them. Nobody else's certificate ever speaks for another station.
"""

from __future__ import annotations

from voltward.domain.authority import TrustedFor
from voltward.domain.station import Standing, StationId
from voltward.rulebook.observation import ChainSeen
from voltward.usecases.admission.admission_registry import AdmissionRegistry, StationEntry


def speaker_for(
    entry: StationEntry | None, chain: ChainSeen | None, registry: AdmissionRegistry
) -> StationEntry | None:
    """The Local Controller whose certificate was shown for a station in its list; None: it was not one."""
    if entry is None or chain is None:
        return None
    controller = registry.controller_of(entry.station.id)
    if controller is None or controller.station.standing in (Standing.RETIRED, Standing.QUARANTINED):
        return None
    owner = registry.owner_of(chain.leaf.fingerprint)
    if owner is not None:
        return controller if owner == controller.station.id else None
    return controller if _names(chain, controller) and not _names(chain, entry) else None


def silent_controller(fingerprint: bytes, spoken_for: StationId | None, registry: AdmissionRegistry) -> str:
    """The Local Controller that owns a certificate, where it does not speak for this station; or empty."""
    owner = registry.owner_of(fingerprint)
    if owner is None or owner == spoken_for:
        return ""
    return str(owner) if registry.is_controller(owner) else ""


def _names(chain: ChainSeen, entry: StationEntry) -> bool:
    """Whether a certificate that is on nobody's record names this one, by its authority's rule."""
    authority, names = chain.authority, chain.leaf.common_names
    if authority is None or authority.trusted_for is not TrustedFor.STATIONS or len(names) != 1:
        return False
    station = entry.station
    return authority.binding.names(names[0], identity=station.id.identity, serial=station.serial)

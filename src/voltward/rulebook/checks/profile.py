"""May it use this door: the profile that it comes in with, against its record and the listener."""

from __future__ import annotations

from voltward.domain.security_profile import SecurityProfile
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed
from voltward.rulebook.control import Parameters
from voltward.rulebook.observation import ConnectionObservation

_CAME_WITH = {
    SecurityProfile.UNSECURED_BASIC: "a password and no TLS",
    SecurityProfile.TLS_BASIC: "a password over TLS",
    SecurityProfile.TLS_CERTIFICATE: "a certificate and no usable password",
}


def served_here(seen: ConnectionObservation, _: Parameters) -> Result:
    """The listener serves the profile that is used, and the source is one that it takes."""
    if not seen.listener.source_listed:
        return failed(f"{seen.listener.source} is not on the list of the listener {seen.listener.name}")
    used = seen.profile_used
    if used is None or used in seen.listener.profiles:
        return PASSED
    return failed(f"the listener {seen.listener.name} does not serve profile {used.value}")


def not_below_floor(seen: ConnectionObservation, _: Parameters) -> Result:
    """The profile used is not below the floor, but for an allowance in force (ruling 13)."""
    used, station = seen.profile_used, seen.station
    if used is None or station is None:
        return NOT_APPLICABLE
    if station.permits(used, seen.at):
        return PASSED
    return failed(
        f"it came with {_CAME_WITH[used]} (profile {used.value}), its floor is {station.floor.value}"
    )


def the_registered_one(seen: ConnectionObservation, _: Parameters) -> Result:
    """The profile used is the registered one, or a lower one that an upgrade or allowance still permits.

    A higher one than the record asks for fails too: nobody has said with which credential it would be right.
    """
    used, station = seen.profile_used, seen.station
    if used is None or station is None:
        return NOT_APPLICABLE
    if used == station.profile or (used < station.profile and station.permits(used, seen.at)):
        return PASSED
    return failed(
        f"it came with {_CAME_WITH[used]} (profile {used.value}), "
        f"it is registered for profile {station.profile.value}"
    )

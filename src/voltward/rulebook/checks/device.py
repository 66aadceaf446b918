"""What the record says about the device itself: retired, held by order; and what the device says at boot."""

from __future__ import annotations

from voltward.domain.quirk import Quirk
from voltward.domain.station import Standing
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed
from voltward.rulebook.control import Parameters
from voltward.rulebook.observation import BootObservation, ConnectionObservation


def not_retired(seen: ConnectionObservation, _: Parameters) -> Result:
    """A retired station stays outside, with the same answer as an unknown one."""
    if seen.station is None:
        return NOT_APPLICABLE
    return failed("the station is retired") if seen.station.standing is Standing.RETIRED else PASSED


def not_held(seen: ConnectionObservation, _: Parameters) -> Result:
    """A station that an operator has put into quarantine stays there until it is released."""
    if seen.station is None:
        return NOT_APPLICABLE
    held = seen.station.standing is Standing.QUARANTINED
    return failed("the station is in quarantine by an operator's order") if held else PASSED


def connection_upgrade(seen: ConnectionObservation, _: Parameters) -> Result:
    """The request named the upgrade in its Connection header, or a quirk covers that it did not."""
    if Quirk.NO_CONNECTION_UPGRADE not in seen.request.oddities:
        return PASSED
    return failed("the request lacks Connection: Upgrade")


def spoken_subprotocol(seen: ConnectionObservation, _: Parameters) -> Result:
    """The station offers at least one subprotocol that we speak and that its route allows."""
    if seen.request.spoken:
        return PASSED
    if not seen.request.offered:
        return failed("the station offers no subprotocol")
    # Cut and quoted: these are a stranger's words, and they go into logs.
    return failed(
        f"the station offers only {', '.join(repr(name[:16]) for name in seen.request.offered[:4])}"
    )


def boot_serial(seen: BootObservation, _: Parameters) -> Result:
    """The serial in the boot is the one that the certificate, or else the record, carries."""
    if not seen.applies or not seen.certificate_common_names:
        return NOT_APPLICABLE
    expected = seen.certificate_common_names if seen.bound_by_serial else (seen.record_serial,)
    if expected == (None,):
        return NOT_APPLICABLE  # bound otherwise, and no serial is on record to compare with
    if seen.serial is None:
        return failed("the boot reports no serial") if seen.missing_is_mismatch else PASSED
    if expected == (seen.serial,):
        return PASSED
    return failed(f"the boot reports the serial {seen.serial[:25]!r}, expected was {expected[0]!r}")

"""Which lane a quarantine leads to (ruling 12)."""

from __future__ import annotations

from voltward.domain.authority import TrustedFor
from voltward.domain.credential import Purpose
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane
from voltward.rulebook.observation import ConnectionObservation


def quarantine_lane(seen: ConnectionObservation) -> Lane:
    """Repair for a station that has proven a production credential and comes with one; else unproven.

    A commissioning password or a manufacturer's certificate never opens the repair lane, even where a dated
    exception lets it in once more (after a factory reset): the relayed traffic might not be the station's.
    """
    by_certificate = seen.profile_used is SecurityProfile.TLS_CERTIFICATE
    bearer = seen.bearer if by_certificate else seen.station
    if bearer is None or not bearer.has_proven_credential:
        return Lane.UNPROVEN
    if by_certificate:
        authority = seen.chain.authority if seen.chain is not None else None
        is_production = authority is not None and authority.trusted_for is TrustedFor.STATIONS
    else:
        is_production = seen.password is not None and seen.password.purpose is Purpose.PRODUCTION
    return Lane.REPAIR if is_production else Lane.UNPROVEN

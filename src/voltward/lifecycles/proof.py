"""When a credential is proven: a handshake with it, and an answered call on that link (ruling 28).

A call counts if the other end of the *whole* path answered it: a call of the station with a CALLRESULT from
its CSMS, or a call to the station (the CSMS's or ours) with any answer from the station, since even a refusal
shows that whoever holds the credential keeps the conversation up. What Voltward answers by itself proves
nothing, and nothing is proven in the unproven lane.
"""

from __future__ import annotations

from voltward.domain.station import Lane
from voltward.lifecycles.call_effects import Origin


def proves(lane: Lane | None, origin: Origin, *, is_result: bool) -> bool:
    """Whether a delivered answer (`Deliver`) to a call of this origin proves the link's credential."""
    if lane is Lane.UNPROVEN:
        return False
    return is_result or origin is not Origin.STATION

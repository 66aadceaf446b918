"""What quirks make of a link: its pace of pings, the sizes of what is sent to the station."""

from __future__ import annotations

from functools import lru_cache

from voltward.domain.quirk import Grants, Quirk
from voltward.gateway.channel.terms import ANY_SIZE, SendSizes
from voltward.gateway.relay.relay import ANY_CALL
from voltward.gateway.settings import GroupSettings
from voltward.lifecycles.keepalive import KeepaliveTimes

LINK_QUIRKS = (
    Quirk.KEEPALIVE_PACE,
    Quirk.KEEP_NEW_CONNECTION,
    Quirk.SMALL_FRAMES,
    Quirk.SMALL_RECORDS,
    Quirk.SMALL_CALLS,
    Quirk.CONFORMANCE,
)


def keepalive_times(group: GroupSettings, grants: Grants) -> KeepaliveTimes:
    """The group's times, but for those that the station's own pace names (field note 49)."""
    pace = grants.get(Quirk.KEEPALIVE_PACE)
    if pace is None:
        return _times(group.ping_interval, group.pong_timeout, group.idle_timeout)
    return _times(
        pace.number("ping_interval", group.ping_interval),
        pace.number("pong_timeout", group.pong_timeout),
        pace.number("idle_timeout", group.idle_timeout),
    )


def times_at_csms(times: KeepaliveTimes) -> KeepaliveTimes:
    """The same pace for the other leg, where silence alone is no fault."""
    return _times(times.ping_seconds, times.pong_seconds, 0.0)


@lru_cache(maxsize=256)
def _times(ping_seconds: float, pong_seconds: float, idle_seconds: float) -> KeepaliveTimes:
    """One value for all links of the same pace."""
    return KeepaliveTimes(ping_seconds, pong_seconds, idle_seconds)


def send_sizes(grants: Grants) -> SendSizes:
    """How much at once a station with small buffers is sent (field notes 52, 53)."""
    frames, records = grants.get(Quirk.SMALL_FRAMES), grants.get(Quirk.SMALL_RECORDS)
    if frames is None and records is None:
        return ANY_SIZE
    return SendSizes(
        frames.octets() if frames is not None else 0, records.octets() if records is not None else 0
    )


def largest_call(grants: Grants) -> int:
    """How many octets a call to the station may have; a longer one would break it (field note 52)."""
    calls = grants.get(Quirk.SMALL_CALLS)
    return calls.octets() if calls is not None else ANY_CALL


def named_link_quirks(grants: Grants) -> tuple[str, ...]:
    """The quirks of a link that hold for it, for the line that tells of its admission."""
    return tuple(quirk.value for quirk in LINK_QUIRKS if quirk in grants)

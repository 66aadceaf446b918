from __future__ import annotations

from tests.fakes.clock import NOON
from voltward.domain.quirk import NO_GRANTS, Quirk, QuirkGrant
from voltward.gateway.channel.terms import ANY_SIZE, SendSizes
from voltward.gateway.links.quirks import keepalive_times, largest_call, named_link_quirks, send_sizes
from voltward.gateway.relay.relay import ANY_CALL
from voltward.gateway.settings import GroupSettings

PACE = QuirkGrant(Quirk.KEEPALIVE_PACE, NOON, "ann", "sleeps", {"ping_interval": 0.0, "idle_timeout": 600.0})


def test_a_station_s_own_pace_stands_before_its_group_s_and_leaves_the_rest() -> None:
    group = GroupSettings()
    own = keepalive_times(group, {Quirk.KEEPALIVE_PACE: PACE})
    usual = keepalive_times(group, NO_GRANTS)

    assert (own.ping_seconds, own.pong_seconds, own.idle_seconds) == (0.0, group.pong_timeout, 600.0)
    assert (usual.ping_seconds, usual.idle_seconds) == (group.ping_interval, group.idle_timeout)


def test_quirks_of_the_request_are_not_named_as_the_link_s() -> None:
    grants = {Quirk.KEEPALIVE_PACE: PACE, Quirk.EXTRA_SLASH: PACE}

    assert named_link_quirks(grants) == ("keepalive-pace",)


def test_small_buffers_bound_frames_and_records_apart() -> None:
    small = QuirkGrant(Quirk.SMALL_RECORDS, NOON, "ann", "ESP32", {"octets": 4096})

    assert send_sizes({Quirk.SMALL_RECORDS: small}) == SendSizes(0, 4096)
    assert send_sizes({Quirk.SMALL_FRAMES: small}) == SendSizes(4096, 0)
    assert send_sizes(NO_GRANTS) is ANY_SIZE


def test_calls_are_as_long_as_the_relay_lets_them_be_without_a_grant() -> None:
    small = QuirkGrant(Quirk.SMALL_CALLS, NOON, "ann", "10 KiB in all", {"octets": 10240})

    assert largest_call({Quirk.SMALL_CALLS: small}) == 10240
    assert largest_call({Quirk.SMALL_FRAMES: small}) == largest_call(NO_GRANTS) == ANY_CALL

"""How a station's floor rises (ruling 13; A05.FR.07 in the newer editions, A05.FR.09 in the oldest).

An upgrade is under way while the floor is lower than the registered profile. The new profile is proven by a
handshake on it, an answered call on it, and one further reconnect on it; then the floor rises to it and the
way back is shut. A lower connection in between starts the proof anew: the station fell back, and is left
the profile that works. A higher profile than the registered one proves nothing: it is an accident.

The progress lives in the station's record, so that it survives a restart. The floor never sinks here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Latch, LatchStage, Station


@dataclass(frozen=True, slots=True)
class ConnectedOn:
    """The station was let in (admitted or in the repair lane) on this profile."""

    profile: SecurityProfile


@dataclass(frozen=True, slots=True)
class CallAnsweredOn:
    """A call was answered on a link of this profile (ruling 28 says which calls count)."""

    profile: SecurityProfile


FloorFact = ConnectedOn | CallAnsweredOn


def advance_floor(station: Station, fact: FloorFact) -> Station:
    """The record after the fact; the very same object where nothing changes, so that it need not be saved."""
    if station.floor >= station.profile:
        return station if station.latch is None else replace(station, latch=None)
    if fact.profile > station.profile:
        return station
    if isinstance(fact, CallAnsweredOn):
        return _answered(station, fact.profile)
    return _connected(station, fact.profile)


def _connected(station: Station, profile: SecurityProfile) -> Station:
    if profile < station.profile:
        return station if station.latch is None else replace(station, latch=None)
    match _stage(station):
        case LatchStage.NONE:
            return replace(station, latch=Latch(profile, LatchStage.CONNECTED))
        case LatchStage.CONNECTED:
            return station  # a reconnect proves nothing before a call was answered
        case LatchStage.ANSWERED:
            return replace(station, floor=profile, latch=None)


def _answered(station: Station, profile: SecurityProfile) -> Station:
    if profile is station.profile and _stage(station) is LatchStage.CONNECTED:
        return replace(station, latch=Latch(profile, LatchStage.ANSWERED))
    return station


def _stage(station: Station) -> LatchStage:
    """How far the registered profile is proven; progress towards another one counts for nothing."""
    if station.latch is None or station.latch.profile is not station.profile:
        return LatchStage.NONE
    return station.latch.stage

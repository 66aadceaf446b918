"""In what the versions differ when a station lives with certificates. The rows stand with their messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from voltward.simulator.memory.key_box import Choice


class Key(StrEnum):
    """A setting that the certificate side looks at, in no version."""

    OWNER = "owner"  # the organisation in a request
    VEHICLE_NAME = "vehicle name"  # the common name in a request for vehicles
    CHAIN_SIZE = "chain size"  # the longest chain that is taken, in characters
    STORE_SIZE = "store size"  # how many roots there is room for
    ENTRIES = "entries"  # how many there are
    ROOT_CHECK = "root check"  # a new CSMS root has to be signed by the old one
    SIGNING_WAIT = "signing wait"  # seconds until a request is made again, doubling
    SIGNING_REPEATS = "signing repeats"
    ATTEMPTS = "attempts"  # how often a new credential may fail before the old one is tried
    PROFILE = "profile"


class EventKind(StrEnum):
    """What a station reports as a security event, in no version."""

    STARTUP = "startup"
    INVALID_STATION_CERTIFICATE = "invalid station certificate"
    INVALID_CSMS_CERTIFICATE = "invalid csms certificate"
    DISCARDED_RENEWED = "discarded renewed certificate"


@dataclass(frozen=True, slots=True)
class CertificateRules:
    """One version's; what it has no word for is not in the mappings."""

    keys: Mapping[Key, str]
    events: Mapping[EventKind, str]
    choice: Choice
    keeps_old: timedelta | None  # how long an old certificate stays beside one that works; None: not at all
    asks_again: bool  # a request that got no certificate is made again (A02.FR.17)
    numbers_requests: bool  # (2.1, A02.FR.24)
    has_to_have_begun: bool  # a certificate that begins later is invalid (FR.06 as amended)
    spares_root_in_use: bool  # it is never deleted (1.6, WP-M04.FR.06); otherwise the last one is not

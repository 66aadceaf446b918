"""What a door is made of, from the settings: its rules, its passwords, its patience with guessing and crowds.

The gateway has such a door, and so has enrolment, in a process of its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from voltward.bootstrap.authority.known_keys import known_keys
from voltward.bootstrap.deployment import Premises
from voltward.bootstrap.gateway.group_orders import GroupOrders
from voltward.crypto.passwords.verified_cache import VerifiedCache
from voltward.detection.guessing import GuessingLimits, GuessingThrottle, Rate
from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import SourceMap
from voltward.domain.authority import Binding
from voltward.domain.secret import Secret
from voltward.gateway.channel.cohorts import Cohorts
from voltward.gateway.channel.station_channel import Threshold
from voltward.gateway.channel.terms import ChannelLimits
from voltward.gateway.door.passwords import PasswordDoor
from voltward.gateway.links.reception import Reception
from voltward.gateway.report import Reports
from voltward.ports.clock import Clock
from voltward.rulebook.evaluate import Evaluator
from voltward.settings import Settings
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.admit_station import DoorRules
from voltward.usecases.issuance.request_ground import RequestRules
from voltward.wire.upgrade import HeadLimits


def door_rules(premises: Premises, orders: GroupOrders) -> DoorRules:
    """The rulebook, the groups' policies, and whose rules strangers meet."""
    rulebook, strangers = premises.rulebook, premises.settings.gateway.observe_group
    return DoorRules(rulebook, Evaluator(rulebook), orders.policies, orders.observed, strangers)


def request_rules(premises: Premises, rules: DoorRules) -> RequestRules:
    """By what requests for certificates are judged. OperatorFault names a list that cannot be read."""
    settings = premises.settings
    organisations = (settings.operator.name, *settings.operator.organisations)
    return RequestRules(rules, organisations, Binding(), known_keys(settings), own_hosts(settings))


def own_hosts(settings: Settings) -> tuple[str, ...]:
    """Names under which stations reach us, as far as the settings say them."""
    routed = [host for route in settings.route.values() for host in route.host]
    dialled = urlsplit(settings.certificates.endpoint).hostname
    return (*settings.gateway.host_chains, *routed, *([dialled] if dialled else []))


def guessing_limits(settings: Settings) -> GuessingLimits:
    """How failures are slowed, from the settings of the door."""
    limits = settings.gateway.limits
    rate = Rate(max(1, limits.argon2_per_minute // 10), limits.argon2_per_minute)
    return GuessingLimits(
        delay=limits.refusal_delay, delay_most=limits.refusal_delay_most, costly_in_all=rate
    )


def password_door(premises: Premises, guessing: GuessingThrottle) -> PasswordDoor:
    """What compares passwords, with its pool and cache."""
    workers = premises.settings.gateway.limits.argon2_workers
    pool = ThreadPoolExecutor(workers + 1, thread_name_prefix="argon2")
    cache = VerifiedCache(Secret(premises.entropy.token(32)))
    return PasswordDoor(premises.password_keys, cache, guessing, pool, workers)


def threshold(settings: Settings, reception: Reception, reports: Reports, clock: Clock) -> Threshold:
    """What all channels of stations share."""
    limits = settings.gateway.limits
    return Threshold(
        receptionist=reception,
        reports=reports,
        half_open=HalfOpen(limits.half_open, limits.half_open_per_source),
        limits=ChannelLimits(
            handshake_timeout=limits.handshake_timeout,
            upgrade_timeout=limits.upgrade_timeout,
            head=HeadLimits(head=limits.request_head),
            message_size=settings.relay.message_size,
            write_buffer=settings.relay.write_buffer,
        ),
        cohorts=Cohorts(clock.monotonic),
    )


def remember_sources(
    registry: AdmissionRegistry,
    guessing: GuessingThrottle,
    half_open: HalfOpen,
    sources: SourceMap,
    now: float,
) -> None:
    """Open the reserved lanes for sources that stations succeeded from before this start (ruling 10)."""
    for entry in registry.stations():
        for prefix in entry.station.known_sources:
            half_open.know(prefix)
            if entry.has_slow_password:  # nobody else ever asks for the lane
                address = prefix.partition("/")[0]
                guessing.succeeded(sources.source_of(address), str(entry.station.id), now)

"""What can be set about listeners, the door, the relay and the groups, with the defaults and their reasons.

The words of these structures are the words of `voltward.toml`; unknown keys are errors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from voltward.domain.quantities import Duration, Size, Until
from voltward.gateway.channel.proxies import ProxySettings, TerminatedSettings
from voltward.ocpp.frame_limits import DEEPEST

Count = Annotated[int, Meta(ge=1)]
Depth = Annotated[int, Meta(ge=2, le=DEEPEST)]
PerSecond = Annotated[float, Meta(ge=0, le=1_000_000)]
Workers = Annotated[int, Meta(ge=1, le=64)]


class DoorLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds on who may wait at the door, and for how long."""

    handshake_timeout: Duration = Duration(10)
    upgrade_timeout: Duration = Duration(5)
    half_open: Count = 4000
    half_open_per_source: Count = 64
    request_head: Size = Size(16 * 1024)
    refusal_delay: Duration = Duration(0.5)  # ruling 8: every cause takes as long as any other
    refusal_delay_most: Duration = Duration(8)
    argon2_workers: Workers = 2
    argon2_per_minute: Count = 600  # over this, only the reserved lane is verified (ruling 10)
    probe_timeout: Duration = Duration(2)  # ruling 11


Share = Annotated[float, Meta(gt=0, le=1)]


class BreakerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """When refusals are a mass, and for how long whoever proved itself is remembered (ruling 15)."""

    share: Share = 0.2  # of the stations that are refused or have a link
    least: Count = 10  # stations; a handful is no mass
    window: Duration = Duration(5 * 60)
    memory: Duration = Duration(7 * 86400)
    quiet: Duration = Duration(10 * 60)  # without a kept verdict: then the cause is gone


class CarrierPrefix(Struct, frozen=True, forbid_unknown_fields=True):
    """A network address translator or balancer behind which many stations stand (ruling 10)."""

    network: str
    half_open: Count = 1000


class GatewaySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[gateway]`: the listeners and the door."""

    listen: str = "0.0.0.0:8443"  # stations come from outside: all interfaces on purpose
    zone: str = "default"
    plain_listen: str = ""  # off; profile 1 only
    plain_sources: list[str] = field(default_factory=list)
    path: str = "/ocpp/{station}"
    chains: list[str] = field(default_factory=lambda: ["server-ecdsa", "server-rsa"])
    host_chains: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # ruling 5
    static_rsa: bool = True  # the two TLS_RSA suites (ruling 4); off is a named divergence
    unknown_station_status: Literal[401, 404] = 401  # ruling 8
    observe_group: str = ""  # while this group is observed, unknown identities are let in under its rules
    carriers: list[CarrierPrefix] = field(default_factory=list)
    drain_rate: PerSecond = 200.0  # links a second that are closed when the gateway stops; 0: all at once
    drain_limit: Duration = Duration(30)  # within which all of them are
    limits: DoorLimits = field(default_factory=DoorLimits)
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    proxies: ProxySettings = field(default_factory=ProxySettings)
    terminated: TerminatedSettings = field(default_factory=TerminatedSettings)
    spool: str = "gateway/spool"  # a folder for what the store has not taken, and for the registry's snapshot
    spool_size: Size = Size(1024 * 1024 * 1024)  # ruling 29
    snapshot_age: Duration = Duration(24 * 3600)  # ruling 9


class RelaySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[relay]`: bounds on messages (rulings 16, 18)."""

    message_size: Size = Size(1024 * 1024)
    depth: Depth = 32
    outstanding: Count = 8
    queue: Count = 64
    call_timeout: Duration = Duration(60)
    messages_per_minute: Count = 1200  # a station's own rate; above it reading stops, nothing is dropped
    write_buffer: Size = Size(256 * 1024)  # back-pressure begins here


class GroupSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[group.NAME]`: policy, quirks and keep-alive of the stations in one group (ruling 31)."""

    actions: dict[str, Literal["enforce", "refuse", "quarantine", "record"]] = field(default_factory=dict)
    boot_serial: Literal["strict", "lenient", "off"] = "lenient"
    ping_interval: Duration = Duration(60)
    pong_timeout: Duration = Duration(20)
    idle_timeout: Duration = Duration(0)  # 0: a station may stay silent as long as it answers pings
    deflate: bool = False  # ruling 21
    second_connection: Literal["keep-live", "keep-new"] = "keep-live"
    boot_retry: Duration = Duration(30)  # interval in the Pending answer of the unproven lane
    mode: Literal["enforce", "observe"] = "enforce"
    observe_until: Until | None = None  # needed with observe: from then on the group is enforced
    observe_sources: list[str] = field(default_factory=list)  # for those without proof, and unknown ones
    learn: bool = (
        False  # while observed: a password that the CSMS took is kept; off, since it trusts the CSMS
    )
    # Off, because fleets are sloppier than the schemas, and a refused stop of a transaction is money lost:
    # record first, refuse when the record is empty.
    schema: Literal["off", "record", "refuse"] = "off"
    schema_lengths: dict[str, Count] = field(default_factory=dict)  # "Action.member" = characters
    # Who sees to the certificates of a station's link (ruling 20): Voltward, or the CSMS (watched, or not).
    certificates: Literal["own", "watch", "pass"] = "own"
    authority: str = ""  # who signs for its stations; empty: as `certificates.authority` says
    endpoint: str = ""  # that its stations dial (ruling 5); empty: as `certificates.endpoint` says
    interface: str = ""  # by which; empty: as `certificates.interface` says
    plain_certificates: bool = False  # asked for, and roots sent, below profile 2 too (field note 35)
    conformance: bool = False  # as a test tool expects (field note 29)
    certificate_status: Literal["answer", "pass"] = "pass"
    quirks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])  # docs/quirks.md


class TenantSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[tenant.NAME]`: what holds for all stations of a tenant."""

    quirks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])  # docs/quirks.md


class QuirkSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[quirks]`: which recipes for models are in force."""

    recipes: str = ""  # a folder of the operator's own recipes, *.toml
    use: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])  # shipped ones, dated

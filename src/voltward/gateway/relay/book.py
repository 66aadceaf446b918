"""The relay's rules, compiled once for each dialect, lane and set of switched-off controls (ruling 35)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.command_rule import CommandRule, Direction
from voltward.domain.station import DEFAULT_GROUP, Lane
from voltward.gateway.relay.rules import RelayRules
from voltward.gateway.relay.schema_gate import SchemaGate
from voltward.gateway.settings import GroupSettings, RelaySettings
from voltward.lifecycles.call_correlation import CorrelationLimits
from voltward.ocpp.command_policy import CommandPolicy, compile_policy
from voltward.ocpp.command_rules import limits_from_parameters, rules_from_controls
from voltward.ocpp.dialect import Dialect
from voltward.usecases.admission.admission_registry import StationEntry

KEPT = 64  # compiled combinations; a fleet has a handful
FRAME_SIZE = "MSG-02"
WAIVABLE = ("MSG-07", "MSG-08", "MSG-09")  # enforced by looking at the call, not by a rule
DEFAULTS = GroupSettings()
HOOKED = frozenset(  # a link looks at these calls of its station
    {
        CallPurpose.BOOT,
        CallPurpose.SECURITY_EVENT,
        CallPurpose.CSR,
        CallPurpose.CERTIFICATE_STATUS,
        CallPurpose.CHAIN_STATUS,
        CallPurpose.TUNNEL,
    }
)


class RelayBook:
    """`parameters` are those of the message controls, by id; `groups` is replaced in place by a reload."""

    def __init__(
        self,
        parameters: Mapping[str, Mapping[str, Any]],
        relay: RelaySettings,
        groups: Mapping[str, GroupSettings],
        strangers: str = DEFAULT_GROUP,
    ) -> None:
        self._parameters = parameters
        self._relay = relay
        self._groups = groups
        self._strangers = strangers
        self._compiled: dict[tuple[Hashable, ...], RelayRules] = {}
        self._gates: dict[tuple[Hashable, ...], SchemaGate] = {}
        self._commands = rules_from_controls(parameters)
        of_rules = (rule.control_id for rule in self._all_rules(Lane.REPAIR))
        self.controls = tuple(dict.fromkeys((*of_rules, *WAIVABLE)))

    @property
    def call_timeout(self) -> float:
        """Seconds that a call may wait for its answer."""
        return self._relay.call_timeout

    def group_of(self, entry: StationEntry | None) -> GroupSettings:
        """The settings of a station's group; strangers meet those of theirs."""
        return self.group_named(entry.station.group if entry is not None else self._strangers)

    def group_named(self, name: str) -> GroupSettings:
        """A group's settings, else the default group's, else the defaults."""
        return self._groups.get(name) or self._groups.get(DEFAULT_GROUP) or DEFAULTS

    def rules_for(
        self,
        dialect: Dialect,
        lane: Lane | None,
        switched_off: frozenset[str],
        group: GroupSettings = DEFAULTS,
    ) -> RelayRules:
        """The rules of a link; compiling takes about a millisecond, and happens once a combination."""
        gate = self._gate(dialect, group) if group.schema != "off" else None
        key = (dialect.subprotocol, lane, switched_off, gate)
        known = self._compiled.get(key)
        if known is None:
            if len(self._compiled) >= KEPT:
                self._compiled.clear()
            made = self._compile(dialect, lane, switched_off)
            # With a gate, every message is looked at.
            known = made if gate is None else replace(made, gate=gate, plain=frozenset[str]())
            self._compiled[key] = known
        return known

    def _gate(self, dialect: Dialect, group: GroupSettings) -> SchemaGate:
        """Its validators are dear: they are kept while the settings say the same."""
        key = (dialect.subprotocol, group.schema, frozenset(group.schema_lengths.items()))
        known = self._gates.get(key)
        if known is None:
            if len(self._gates) >= KEPT:
                self._gates.clear()
            refuses = group.schema == "refuse"
            known = self._gates[key] = SchemaGate(dialect, group.schema_lengths, refuses=refuses)
        return known

    def _compile(self, dialect: Dialect, lane: Lane | None, switched_off: frozenset[str]) -> RelayRules:
        relay = self._relay
        own = {**self._parameters[FRAME_SIZE], "max_bytes": relay.message_size, "max_depth": relay.depth}
        rules = [rule for rule in self._all_rules(lane) if rule.control_id not in switched_off]
        policy = compile_policy(rules, dialect)
        return RelayRules(
            dialect=dialect,
            policy=policy,
            limits=limits_from_parameters(own, dialect),
            correlation=CorrelationLimits(
                station_outstanding=relay.outstanding,
                csms_waiting=relay.queue,
                answer_seconds=relay.call_timeout,
            ),
            messages_per_minute=relay.messages_per_minute,
            plain=_plain(dialect, policy),
        )

    def _all_rules(self, lane: Lane | None) -> tuple[CommandRule, ...]:
        in_repair = self._commands.in_repair if lane is Lane.REPAIR else ()
        return self._commands.always + in_repair


def _plain(dialect: Dialect, policy: CommandPolicy) -> frozenset[str]:
    """The station's calls that pass without a look: known, without a rule, of no purpose that is watched."""
    return frozenset(
        action
        for action in dialect.actions(Direction.TO_CSMS)
        if policy.for_call(Direction.TO_CSMS, action) is None and dialect.purpose_of(action) not in HOOKED
    )

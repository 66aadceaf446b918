"""A control: a rule of ours with an id, a check, what a failure costs, and where it comes from.

Ids are ours and never change their meaning. Ids of a specification are citations, always together with the
edition, because the same number may mean something else in another edition (catalogue 1.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from voltward.domain.enforcement import Action
from voltward.domain.security_profile import SecurityProfile

Parameters = Mapping[str, Any]  # plain TOML values, frozen: text, numbers, booleans, tuples, mappings


class Moment(StrEnum):
    """When a control is judged."""

    TLS = "tls"  # before anybody has said who they are
    CONNECTION = "connection"  # a station asks to come in
    BOOT = "boot"  # it says what it is
    LINK = "link"  # around the life of a connection: waiting, guessing, a second one
    MESSAGE = "message"  # each message that passes
    CERTIFICATE = "certificate"  # a station asks for a certificate


class Severity(StrEnum):
    """How bad it would be to let it pass."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class EnforcedBy(StrEnum):
    """Whose hand does it. Where TLS does it and the door can see the result, the door looks again."""

    TLS = "tls"
    DOOR = "door"
    RELAY = "relay"
    AUTHORITY = "authority"  # before anything is signed


@dataclass(frozen=True, slots=True, order=True)
class RequirementRef:
    """A requirement of a specification: (edition, id). An id alone says nothing."""

    edition: str
    id: str

    def __str__(self) -> str:
        return f"{self.edition} {self.id}"


@dataclass(frozen=True, slots=True)
class Control:
    """One row of the rulebook. A connection that is judged under one of `profiles` meets this control."""

    id: str
    title: str
    profiles: frozenset[SecurityProfile]
    moment: Moment
    severity: Severity
    enforced_by: EnforcedBy
    check: str
    parameters: Parameters
    default_action: Action
    waivable: bool
    waived_action: Action  # what is left of it under a dated exception or a mild policy
    remedy: str  # for whoever is on call: what to do
    cost: str  # what it costs to have this switched on
    requirements: tuple[RequirementRef, ...]
    beyond: str  # why we ask for it where no edition does
    holds_observed: bool  # enforced even in a group that is only observed
    leans_on_us: bool  # a mistake of ours (anchors, clock, records) makes a whole fleet fail it

    @property
    def softest_action(self) -> Action:
        """No policy and no exception brings a failure of this control below that."""
        return self.waived_action if self.waivable else self.default_action

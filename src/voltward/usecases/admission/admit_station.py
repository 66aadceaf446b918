"""Who asks to come in, and the answer: verdicts of the rulebook, weighed by the group's policy.

Pure: everything seen is in the observation, everything known in the registry's entry. The caller waits,
compares passwords and writes the journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from voltward.domain.enforcement import Decision, Policy, Weighing, decide, observe
from voltward.domain.events import Event, FactValue
from voltward.domain.observing import ObserveTerms
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import DEFAULT_GROUP, Lane, StationId
from voltward.rulebook.catalogue import Rulebook
from voltward.rulebook.evaluate import Evaluator
from voltward.rulebook.lane import quarantine_lane
from voltward.rulebook.observation import BootObservation, ConnectionObservation
from voltward.usecases.admission.admission_registry import StationEntry


@dataclass(frozen=True, slots=True)
class DoorRules:
    """The rulebook as the door uses it, the policies of the groups, and which of them are only observed.

    `strangers` is the group whose rules unknown identities meet; empty: the default group's.
    """

    rulebook: Rulebook
    evaluator: Evaluator
    policies: Mapping[str, Policy]
    observed: Mapping[str, ObserveTerms] = field(default_factory=dict[str, ObserveTerms])
    strangers: str = ""

    def terms_for(self, entry: StationEntry | None, now: datetime) -> ObserveTerms | None:
        """The terms under which a station is only observed; None: it meets the rules.

        An unknown identity is observed only where a group was named for such (`gateway.observe_group`).
        """
        if not self.observed or (entry is None and not self.strangers):
            return None
        group = entry.station.group if entry is not None else self.strangers
        terms = self.observed.get(group if group in self.policies else DEFAULT_GROUP)
        return terms if terms is not None and terms.hold(now) else None

    def policy_for(self, entry: StationEntry | None) -> Policy:
        """The policy of a station's group; strangers meet that of theirs."""
        group = entry.station.group if entry is not None else self.strangers or DEFAULT_GROUP
        return self.policies.get(group) or self.policies.get(DEFAULT_GROUP) or _plain_policy(group)

    def weighing(self, entry: StationEntry | None, lane: Lane) -> Weighing:
        """What turns verdicts about a station into a decision."""
        return Weighing(
            defaults=self.rulebook.defaults,
            policy=self.policy_for(entry),
            exceptions=entry.exceptions if entry is not None else (),
            lane=lane,
            softest=self.rulebook.softest,
        )


def admit_station(
    observation: ConnectionObservation, entry: StationEntry | None, rules: DoorRules, now: datetime
) -> Decision:
    """Admit, quarantine or refuse; the deciding control comes with it.

    Where the group is only observed: admit, with what it would have been (but for what holds even so).
    """
    weighing = rules.weighing(entry, lane_for(observation, entry))
    if observation.listener.vouched:
        weighing = replace(weighing, vouched=observation.listener.vouched)
    decision = decide(rules.evaluator.connection(observation), weighing, now)
    terms = rules.terms_for(entry, now)
    if terms is None or not _may_be_observed(observation, terms):
        return decision
    return observe(decision, weighing, now, rules.rulebook.holding)


def judge_boot(
    observation: BootObservation, entry: StationEntry, rules: DoorRules, now: datetime
) -> Decision:
    """What a BootNotification adds: does the serial fit the certificate ((2.x) B01.FR.11/12)?"""
    weighing = rules.weighing(entry, Lane.UNPROVEN)
    decision = decide(rules.evaluator.boot(observation), weighing, now)
    if rules.terms_for(entry, now) is None:
        return decision
    return observe(decision, weighing, now, rules.rulebook.holding)


@lru_cache(maxsize=256)  # the same object each time: others keep what they have made of it
def _plain_policy(group: str) -> Policy:
    """That of a group that changes nothing."""
    return Policy(group, {})


def _may_be_observed(observation: ConnectionObservation, terms: ObserveTerms) -> bool:
    """Who shows no credential at all, and whom nobody knows, comes from a listed network or is refused."""
    if observation.station is not None and observation.profile_used is not None:
        return True
    return terms.lists(observation.listener.source)


def lane_for(observation: ConnectionObservation, entry: StationEntry | None) -> Lane:
    """Where a quarantine leads: by what the station has proven (ruling 12); an order may only narrow that."""
    ordered = entry.station.quarantine_lane if entry is not None else None
    return Lane.UNPROVEN if ordered is Lane.UNPROVEN else quarantine_lane(observation)


def decision_event(
    observation: ConnectionObservation, decision: Decision, connection: str, extra: Mapping[str, FactValue]
) -> Event:
    """The one canonical line of a decision, for the log, the journal and `station explain`."""
    request, tls, chain = observation.request, observation.tls, observation.chain
    used = observation.profile_used
    facts: dict[str, FactValue] = {
        "connection": connection,
        "listener": observation.listener.name,
        "source": observation.listener.source,
        "profile": int(used) if used is not None else None,
        "control": decision.deciding.control if decision.deciding else None,
        "reason": decision.deciding.detail if decision.deciding else None,
        "lane": decision.lane.value if decision.lane else None,
        "failed": tuple(verdict.control for verdict in decision.failed),
        "excepted": decision.excepted,
        "tls": tls.version if tls else None,
        "suite": tls.suite if tls else None,
        "offered": request.offered,
    }
    facts.update(_spared(decision))
    if observation.controller is not None and used is SecurityProfile.TLS_CERTIFICATE:
        facts["controller"] = observation.controller.identity
    if request.quirks:
        facts["quirks"] = tuple(quirk.value for quirk in request.quirks)
    if chain is not None:
        facts["certificate"] = chain.leaf.fingerprint.hex()
        facts["certificate_subject"] = chain.leaf.subject
    if observation.password is not None and observation.password.form is not None:
        facts["form"] = observation.password.form.value
    facts.update(extra)
    past = {"admit": "station_admitted", "quarantine": "station_quarantined", "refuse": "station_refused"}
    return Event(
        kind=past[decision.answer.value],
        at=observation.at,
        actor="gateway",
        subject=str(StationId(request.identity, request.tenant)) if request.identity is not None else "",
        facts=facts,
    )


def _spared(decision: Decision) -> dict[str, FactValue]:
    """What would have been, where the breaker or observing let somebody in."""
    facts: dict[str, FactValue] = {"kept": True} if decision.kept else {}
    if decision.would is not None:
        facts["would"] = decision.would.answer.value
        facts["would_lane"] = decision.would.lane.value if decision.would.lane else None
    return facts

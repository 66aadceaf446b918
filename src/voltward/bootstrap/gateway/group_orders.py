"""What `[group.NAME]` orders, ready for the door: settings, policies, and which groups are only observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from voltward.domain.enforcement import Action, Policy
from voltward.domain.errors import OperatorFault
from voltward.domain.observing import ObserveTerms
from voltward.gateway.channel.listener import parse_networks
from voltward.gateway.settings import GroupSettings
from voltward.rulebook.catalogue import Rulebook
from voltward.settings import Settings

LONGEST_OBSERVING = timedelta(days=180)  # an open door has to have an end that somebody lives to see


@dataclass(frozen=True, slots=True)
class GroupOrders:
    """By the name of the group. The tables stay the same objects: a reload fills them anew."""

    groups: dict[str, GroupSettings]
    policies: dict[str, Policy]
    observed: dict[str, ObserveTerms]

    def become(self, other: GroupOrders) -> None:
        """Say from now on what the other says."""
        for mine, theirs in (
            (self.groups, other.groups),
            (self.policies, other.policies),
            (self.observed, other.observed),
        ):
            mine.clear()
            mine.update(theirs)  # type: ignore[arg-type] - each is paired with its like


def read_group_orders(settings: Settings, rulebook: Rulebook, now: datetime) -> GroupOrders:
    """All of them. OperatorFault as `policies_of` and `observed_of` tell."""
    observed = observed_of(settings, now)
    return GroupOrders(dict(settings.group), policies_of(settings, rulebook), observed)


def observed_of(settings: Settings, now: datetime) -> dict[str, ObserveTerms]:
    """The groups that are observed. OperatorFault where the end is missing, too far off, or nobody's."""
    observed = {
        name: observe_terms(name, group, now)
        for name, group in settings.group.items()
        if group.mode == "observe"
    }
    strangers = settings.gateway.observe_group
    if strangers and strangers not in observed:
        raise OperatorFault(
            f"unknown identities are to be let in with the group {strangers!r}, which is not observed.",
            mend=f'Set mode = "observe" in [group.{strangers}], or remove gateway.observe_group.',
            subject="gateway.observe_group",
        )
    return observed


def observe_terms(name: str, group: GroupSettings, now: datetime) -> ObserveTerms:
    """Until when a group is observed, and from where those may come who prove nothing."""
    subject = f"group.{name}.observe_until"
    if group.observe_until is None:
        raise OperatorFault(
            "observing needs an end.",
            mend="Set observe_until = 2027-03-31, that day included.",
            subject=subject,
        )
    networks = parse_networks(group.observe_sources, f"group.{name}.observe_sources")
    terms = ObserveTerms(group.observe_until, networks)
    left = terms.until - now
    if left > LONGEST_OBSERVING:
        raise OperatorFault(
            f"observing is to end in {left.days} days.",
            mend=f"Choose a day within {LONGEST_OBSERVING.days} days; it can be moved when it comes near.",
            subject=subject,
        )
    return terms


def policies_of(settings: Settings, rulebook: Rulebook) -> dict[str, Policy]:
    """The groups' policies. OperatorFault for a control that is not there, or cannot be softened so far."""
    return {
        name: Policy(name, {c: ordered_action(name, c, word, rulebook) for c, word in group.actions.items()})
        for name, group in settings.group.items()
    }


def ordered_action(group: str, control_id: str, word: str, rulebook: Rulebook) -> Action:
    """What a group's word about a control comes to; OperatorFault as `policies_of` tells."""
    control = rulebook.by_id.get(control_id)
    if control is None:
        raise OperatorFault(
            f"there is no control {control_id}.",
            mend="`voltward rulebook list` shows all of them.",
            subject=f"group.{group}.actions",
        )
    action = control.default_action if word == "enforce" else Action(word)
    if _softer(action, control.softest_action):
        raise OperatorFault(
            f"{control_id} cannot be softened to {word!r}, only to {control.softest_action.value!r}.",
            mend="Remove the line, or use a dated exception where the rulebook allows one.",
            subject=f"group.{group}.actions",
        )
    return action


def _softer(one: Action, other: Action) -> bool:
    order = (Action.RECORD, Action.QUARANTINE, Action.REFUSE)
    return order.index(one) < order.index(other)

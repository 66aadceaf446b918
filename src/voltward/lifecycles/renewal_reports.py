"""What a station reports of its new certificate by security events, beside its answers (A02.FR.07, FR.29).

Rules of the table in `certificate_renewal`. An event comes after the answer that it belongs to, before it, or
never. So they are counted: a refusal is owed one report, and only a report that nobody owes is news.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from voltward.domain.complaint import Complaint
from voltward.domain.station_fact import Complained
from voltward.lifecycles.answers import report_words
from voltward.lifecycles.effects import WithdrawAsks
from voltward.lifecycles.renewal_state import Renewal
from voltward.lifecycles.renewal_steps import next_form, rejection, stuck
from voltward.lifecycles.step import Step

SEE_ITS_LINKS: Final = (
    "See what its new link failed at (`voltward station explain ID`); `voltward cert renew ID` tries again"
)


def reported_early(state: Renewal, fact: object, _now: datetime) -> Step[Renewal]:
    """What it reports of a certificate that it has not answered yet, it will say in its answer."""
    assert isinstance(fact, Complained)
    if fact.complaint is not Complaint.ITS_CERTIFICATE:
        return Step(state)
    return Step(replace(state, refusals=state.refusals - 1))


def reported(state: Renewal, fact: object, now: datetime) -> Step[Renewal]:
    """It finds the certificate wrong afterwards, or could not connect with it: no use in waiting."""
    assert isinstance(fact, Complained)
    disowned = replace(state, has_agreed=False, is_unsure=False)
    if fact.complaint is Complaint.RENEWED_DISCARDED:
        after = replace(disowned, is_refused=True, came_with_new=False)
        return stuck(after, now, f"{report_words(fact)}; what it had goes on", SEE_ITS_LINKS)
    if fact.complaint is not Complaint.ITS_CERTIFICATE or state.came_with_new:
        return Step(state)
    if state.refusals > 0:  # about a form that it refused before it took this one
        return Step(replace(state, refusals=state.refusals - 1))
    words = report_words(fact)
    return next_form(disowned, now, words, WithdrawAsks(), rejection(state, words))

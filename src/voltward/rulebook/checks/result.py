"""What a check answers: one of four outcomes, and in words what was seen where it is not a pass.

Details are read by whoever is on call. They name values of the station's own making only where those are
short and checked (an address, a profile, a name in a certificate), and never a secret.
"""

from __future__ import annotations

from typing import NamedTuple

from voltward.domain.finding import Outcome


class Result(NamedTuple):
    """An outcome with its detail; compare with `is` where it is one of the two constants."""

    outcome: Outcome
    detail: str = ""


PASSED = Result(Outcome.PASS)
NOT_APPLICABLE = Result(Outcome.NOT_APPLICABLE)


def failed(detail: str) -> Result:
    """What was seen, in words."""
    return Result(Outcome.FAIL, detail)


def not_observed(detail: str) -> Result:
    """Silence is not a pass: whoever observes did not tell what the check needs."""
    return Result(Outcome.NOT_OBSERVED, detail)

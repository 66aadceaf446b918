"""What can be set about renewals: `[certificates.renewal]`, with the defaults and their reasons."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from voltward.domain.errors import OperatorFault
from voltward.domain.quantities import Duration
from voltward.lifecycles.renewal_state import RenewalTerms
from voltward.lifecycles.renewal_time import ScheduleTerms

Share = Annotated[float, Meta(gt=0, lt=1)]
Jitter = Annotated[float, Meta(ge=0, le=0.5)]
Count = Annotated[int, Meta(ge=1, le=100_000)]

_DAY = 86400.0
LONGEST_WAIT = 30 * _DAY  # less than `ports.lifecycles.LONGEST_SLEEP`


class RenewalSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """When renewals begin, how many at a time, and how long stations are waited for."""

    at: Share = 0.7  # of the lifetime: what goes wrong has the rest of it to be mended
    jitter: Jitter = 0.1  # of the lifetime: brought forward by up to this, so that none come together
    at_once: Count = 50  # for each authority and group
    at_once_per_site: Count = 2  # most of a site goes on whatever happens; one slow station stops nobody
    ask_patience: Duration = Duration(7 * _DAY)
    csr_patience: Duration = Duration(600)  # field note 39
    proof_patience: Duration = Duration(_DAY)
    stuck_pause: Duration = Duration(_DAY)
    tries: Count = 5
    restart: bool = False  # a reboot may cut a session of charging short, whatever the station promises

    def terms(self) -> RenewalTerms:
        """As the life-cycle wants them. OperatorFault for a wait that is longer than any may be."""
        for name in ("csr_patience", "proof_patience", "stuck_pause"):
            if getattr(self, name) > LONGEST_WAIT:
                raise OperatorFault(
                    "this wait is too long: it would be taken for one of a clock that was wrong.",
                    mend="Write at most 30 d.",
                    subject=f"certificates.renewal.{name}",
                )
        return RenewalTerms(
            ask_patience=timedelta(seconds=self.ask_patience),
            csr_patience=timedelta(seconds=self.csr_patience),
            proof_patience=timedelta(seconds=self.proof_patience),
            stuck_pause=timedelta(seconds=self.stuck_pause),
            tries=self.tries,
            restarts=self.restart,
        )

    def schedule(self) -> ScheduleTerms:
        """As the schedule wants them."""
        return ScheduleTerms(self.at, self.jitter, self.at_once, self.at_once_per_site)

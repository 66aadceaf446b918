"""The story, as data: its acts in order, each with threads of scenes that are played side by side."""

from __future__ import annotations

from typing import Final

from voltward.demo.curtain import PROVEN, STOPPED, VERIFIED
from voltward.demo.days import day_threads
from voltward.demo.opening import READY
from voltward.demo.orders import order_threads
from voltward.demo.quarantines import quarantine_threads
from voltward.demo.raids import raid_threads
from voltward.demo.renewals import renewal_threads
from voltward.demo.rotations import rotation_threads
from voltward.demo.stage import Act

ACTS: Final = (
    Act("The gateway opens", ((READY,),)),
    Act("The fleet comes in", (*day_threads(), *quarantine_threads())),
    Act("The operator gives orders", order_threads()),
    Act("Certificates for life", renewal_threads()),
    Act("A root changes hands", rotation_threads()),
    Act("The attacker tries everything", raid_threads()),
)

#: Only where the story ends: what goes on for ever leaves it out.
CURTAIN: Final = Act("The curtain falls", ((PROVEN, STOPPED, VERIFIED),))

#: What goes on for ever has no scenes of its own.
ENCORE: Final = Act("It goes on, and on", ())

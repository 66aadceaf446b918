"""Every persisted life-cycle by its kind: its table, and what a state of it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from voltward.lifecycles.anchor_reading import KIND as READING_KIND
from voltward.lifecycles.anchor_reading import READING, AnchorReading
from voltward.lifecycles.certificate_renewal import RENEWAL
from voltward.lifecycles.profile_upgrade import UPGRADE
from voltward.lifecycles.renewal_state import KIND as RENEWAL_KIND
from voltward.lifecycles.renewal_state import Renewal
from voltward.lifecycles.rollover_state import KIND as ROLLOVER_KIND
from voltward.lifecycles.rollover_state import Rollover
from voltward.lifecycles.root_rotation import KIND as ROTATION_KIND
from voltward.lifecycles.root_rotation import ROTATION, RootRotation
from voltward.lifecycles.step import Table
from voltward.lifecycles.trust_rollover import ROLLOVER
from voltward.lifecycles.upgrade_state import KIND as UPGRADE_KIND
from voltward.lifecycles.upgrade_state import Upgrade


@dataclass(frozen=True, slots=True)
class Machine:
    """A table with the class of its states."""

    table: Table[Any]
    state: type[Any]


MACHINES: Final[Mapping[str, Machine]] = {
    RENEWAL_KIND: Machine(RENEWAL, Renewal),
    READING_KIND: Machine(READING, AnchorReading),
    ROLLOVER_KIND: Machine(ROLLOVER, Rollover),
    ROTATION_KIND: Machine(ROTATION, RootRotation),
    UPGRADE_KIND: Machine(UPGRADE, Upgrade),
}
STATES: Final[Mapping[str, type[Any]]] = {kind: machine.state for kind, machine in MACHINES.items()}

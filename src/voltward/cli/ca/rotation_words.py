"""A root rotation, as people and programs are told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from voltward.cli.frame import print_line, print_table
from voltward.lifecycles.root_rotation import RootRotation
from voltward.usecases.lifecycles.rotation_plan import Prospect


def rotation_facts(rotation: RootRotation) -> dict[str, object]:
    """Where it stands, for both."""
    return {
        "family": rotation.family,
        "phase": rotation.phase.value,
        "since": rotation.since,
        "paused": rotation.is_paused,
        "old_root": rotation.old,
        "new_root": rotation.new,
        "switched": [one.chain for one in rotation.switched],
        "left": list(rotation.left),
    }


def prospect_facts(one: Prospect) -> dict[str, object]:
    """For `--json`."""
    return {
        "station": str(one.station),
        "prospect": one.trusting.value,
        "reason": one.reason,
        "proven_at": one.proven_at,
        "no_way_back": one.no_way_back or None,
    }


def say_prospects(prospects: Sequence[Prospect]) -> None:
    """A table of all, those that break first; then the sum."""
    rows = sorted(prospects, key=lambda one: (not one.is_lost, one.station))
    print_table(
        ("station", "prospect", "reason"), ((str(r.station), r.trusting.value, r.reason) for r in rows)
    )
    counts = Counter(one.trusting.value for one in prospects)
    print_line(", ".join(f"{count} {word}" for word, count in counts.most_common()) or "There is no station.")

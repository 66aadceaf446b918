"""A station's own quirks as JSON in its row: they are saved with it, and seen with its revision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from voltward.domain.quirk import Quirk, QuirkGrant

_KNOWN: Final = frozenset(quirk.value for quirk in Quirk)


def quirk_values(grants: Iterable[QuirkGrant]) -> list[dict[str, Any]] | None:
    """What is written; None where there are none."""
    written = [
        {
            "quirk": grant.quirk.value,
            "until": grant.until.isoformat(),
            "owner": grant.owner,
            "reason": grant.reason,
            "parameters": dict(grant.parameters),
        }
        for grant in grants
    ]
    return written or None


def quirks_of(written: Sequence[dict[str, Any]] | None) -> tuple[QuirkGrant, ...]:
    """What is read. A quirk that this version does not know grants nothing, and is left out."""
    return tuple(
        QuirkGrant(
            Quirk(row["quirk"]),
            datetime.fromisoformat(row["until"]),
            row["owner"],
            row["reason"],
            row["parameters"],
        )
        for row in written or ()
        if row["quirk"] in _KNOWN
    )

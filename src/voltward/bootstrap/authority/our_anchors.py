"""What stations know this gateway by: the chains that it shows them, and the roots above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OutsideFault, VoltwardError
from voltward.settings import Settings
from voltward.usecases.deployment.make_deployment import ROOTS_FILE
from voltward.usecases.trust.judge_anchor import OurAnchors

CROSSED: Final = "-crossed.pem"  # how files end in `public/` with a new root that the old one signed


def our_anchors(settings: Settings, chains_pem: Sequence[bytes]) -> OurAnchors:
    """From the server chains and, where `init` has made our own roots, from their bundle.

    OutsideFault if the bundle is there and cannot be read: without it a station might lose its root.
    """
    path = settings.path(ROOTS_FILE)
    try:
        bundle = path.read_bytes() if path.exists() else b""
        crossed = b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"*{CROSSED}")))
        roots = tuple(read_pem_bundle(bundle + crossed))
    except (OSError, VoltwardError) as error:
        raise OutsideFault(
            "the roots that stations know this gateway by cannot be read.",
            mend="Restore the file from the backup, or remove it if the chains are another authority's.",
            subject=str(path),
        ) from error
    return OurAnchors(tuple(tuple(read_pem_bundle(chain)) for chain in chains_pem), roots)

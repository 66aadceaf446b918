"""Our own authorities: are their certificates here, and for how long?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from voltward.adapters.pki.signer.authority_shelf import FOLDER, read_chains, split_name
from voltward.bootstrap.soundness.remarks import Problem, Remark, Severity
from voltward.crypto.reading.certificates import read_certificate
from voltward.settings import Settings

# An authority that ends is followed by months of work at the stations that know it.
SOON: Final = timedelta(days=365)


def check_authorities(settings: Settings, now: datetime) -> Iterator[Remark]:
    """What waits to be signed elsewhere, and what ends within a year."""
    public = settings.path(FOLDER)
    if not public.is_dir():
        return
    for path in sorted(public.glob("*.csr")):
        if split_name(path.stem) is not None and not path.with_suffix(".pem").exists():
            yield Problem(
                f"{path.stem} has no certificate yet: nothing is issued by it.",
                f"Have {path} signed as an authority, and bring the chain back: voltward ca install FILE",
            )
    for name, chain in read_chains(public).items():
        end = read_certificate(chain[0]).not_after
        if end <= now:
            yield Problem(f"our authority {name} ended on {end:%Y-%m-%d}.", "Put another in its place.")
        elif end - now < SOON:
            yield Problem(
                f"our authority {name} ends on {end:%Y-%m-%d}, in {(end - now).days} days.",
                "Plan another in its place now: stations have to learn it first.",
                Severity.WARNING,
            )

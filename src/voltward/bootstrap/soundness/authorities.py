"""Our own authorities: are their certificates here, and for how long?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import read_file
from voltward.adapters.pki.signer.authority_shelf import (
    FOLDER,
    LARGEST_LIST,
    carried_list,
    read_chains,
    split_name,
)
from voltward.bootstrap.soundness.remarks import Problem, Remark, Severity
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.revocation.foreign_lists import list_head
from voltward.settings import Settings
from voltward.usecases.views.assess_lists import PublishedList, assess_own_list

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
        yield from _check_carried_list(public, name, now)


def _check_carried_list(public: Path, name: str, now: datetime) -> Iterator[Remark]:
    """Somebody has to go to another machine for the next one: told in time."""
    file = carried_list(public, name)
    if file.exists():
        head = list_head(read_file(file, LARGEST_LIST), name)
        found = assess_own_list(PublishedList(name, head, is_carried=True), now)
        if found.is_worrying:
            until = f"{found.next_update:%Y-%m-%d}"
            yield Problem(
                f"the list of revoked certificates of {name} holds until {until}: {found.meaning}",
                found.mend,
                Severity.WARNING,
            )

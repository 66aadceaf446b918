"""What the store says: is it there, whose certificates are believed, do groups and settings fit?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime, timedelta

from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.bootstrap.store_orders import StoreState, store_status
from voltward.bootstrap.store_place import store_file
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.crypto.reading.trust_anchors import trust_problem
from voltward.domain.authority import Authority, TrustedFor
from voltward.domain.revocation_list import OnStale
from voltward.domain.station import Standing, Station
from voltward.ports.revocation_lists import ListLook
from voltward.settings import Settings

SOON = timedelta(days=90)  # a fleet is not renewed in a week


async def check_store_is_there(settings: Settings) -> AsyncIterator[Remark]:
    """An empty store in the place of a lost one would turn every station away."""
    file = store_file(settings)
    if file is None:
        status = await store_status(settings)
        if status.state is StoreState.EMPTY:
            yield Problem(
                f"the database {status.name} is empty; `serve` would begin one and know no station.",
                "Restore it from the backup, or let store.url name the right database.",
            )
        if settings.store.tls == "require":
            yield Problem(
                'store.tls = "require" believes any server that answers in the name of the right one.',
                'Set store.tls = "verify", and store.ca if the authority of its certificate is your own.',
                Severity.WARNING,
            )
    elif not file.exists():
        yield Problem(
            f"there is no store at {file}: nobody but `voltward init` makes one.",
            "Restore it from the backup, or let store.url name the right file.",
        )


def check_authorities(authorities: Iterable[Authority], now: datetime) -> Iterator[Remark]:
    """Those in force, whose certificates open the door."""
    trusted = [authority for authority in authorities if authority.retired_at is None]
    for authority in trusted:
        for der in read_pem_bundle(authority.certificate_pem):
            yield from _check_authority(authority, der, now)
    if not any(authority.trusted_for is TrustedFor.STATIONS for authority in trusted):
        yield Note(
            "no authority is trusted for stations yet: nobody comes in on profile 3. "
            "`voltward ca trust FILE --for stations` trusts one."
        )


def check_lists(
    authorities: Iterable[Authority], looks: Iterable[ListLook], now: datetime
) -> Iterator[Remark]:
    """Lists of revoked certificates that cannot be had, or are over."""
    known = {look.authority: look for look in looks}
    for authority in authorities:
        rule, look = authority.revocation_list, known.get(authority.id)
        if rule is None or look is None or authority.retired_at is not None:
            continue
        why = f" The list {look.problem}." if look.problem else ""
        mend = f"Have it at {rule.source} again; `voltward ca show` tells how that went."
        if look.list is None or look.list.next_update < now:
            refused = "refused" if rule.on_stale is OnStale.REFUSE else "admitted all the same"
            over = "is over" if look.list is not None else "was never taken"
            what = f"the list of revoked certificates of {authority.name} {over}: its stations are {refused}."
            yield Problem(f"{what}{why}", mend, Severity.WARNING)
        elif look.failures:
            what = f"the list of revoked certificates of {authority.name} was not renewed."
            yield Problem(f"{what}{why}", mend, Severity.WARNING)


def check_groups_in_use(stations: Iterable[Station], settings: Settings) -> Iterator[Remark]:
    """A group that the settings do not know is a misspelled one, or one whose table was lost."""
    used = {station.group for station in stations if station.standing is not Standing.RETIRED}
    for group in sorted(used - settings.groups()):
        yield Note(
            f"stations are in the group {group!r}, and there is no [group.{group}]: the default's rules hold."
        )


def _check_authority(authority: Authority, der: bytes, now: datetime) -> Iterator[Remark]:
    problem = trust_problem(der, now)
    mend = "Trust its successor (`voltward ca trust`), and stop trusting this one (`voltward ca distrust`)."
    if problem is not None:
        yield Problem(f"the authority {authority.name} is of no use any more: {problem}.", mend)
        return
    ends = read_certificate(der).not_after
    if ends - now < SOON:
        what = f"the authority {authority.name} ends in {(ends - now).days} days, on {ends:%Y-%m-%d}."
        yield Problem(what, mend, Severity.WARNING)

"""Who trusts what: what stations say that they hold, with its date, and which of our certificates it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from voltward.crypto.reading.certificate_hash import find_certificate
from voltward.crypto.reading.certificates import fingerprint, read_certificate
from voltward.domain.events import FactValue
from voltward.domain.intents import InstalledCertificate
from voltward.domain.station import StationId
from voltward.lifecycles.anchor_reading import KIND, AnchorReading, ReadingPhase
from voltward.ports.lifecycles import HeldAnchor
from voltward.ports.storage import Reading, Store, UnitOfWork

Told = tuple[str, Mapping[str, FactValue]]


async def keep_anchors(
    work: UnitOfWork,
    station: StationId,
    installed: Sequence[InstalledCertificate],
    known: Sequence[bytes],
    now: datetime,
) -> list[Told]:
    """The whole list of a station, as it told it now; returns what changed, as rows for the journal.

    `known`: certificates (DER) that it may hold. A list that is told for the first time is no change.
    """
    held = [_held(station, one, known, now) for one in installed]
    before = {_name(one): one for one in await work.anchors.of(station)}
    is_first = await work.anchors.read_at(station) is None
    await work.anchors.put(station, held, now)
    after = {_name(one): one for one in held}
    if is_first:
        return [("anchors_read", {"held": len(held)})]
    gained = [("anchor_gained", _facts(one)) for name, one in after.items() if name not in before]
    lost = [("anchor_lost", _facts(one)) for name, one in before.items() if name not in after]
    return [*gained, *lost]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What one station holds. `read_at` None: it never told; `problem`: why it did not tell the last time."""

    held: Sequence[HeldAnchor]
    read_at: datetime | None
    problem: str = ""


async def inventory_of(reading: Reading, station: StationId) -> Inventory:
    """As it told it when it was last asked."""
    newest = await reading.lifecycles.latest_of(station, KIND)
    state = newest.state if newest is not None else None
    is_untold = isinstance(state, AnchorReading) and state.phase is ReadingPhase.UNTOLD
    problem = state.problem if isinstance(state, AnchorReading) and is_untold else ""
    return Inventory(await reading.anchors.of(station), await reading.anchors.read_at(station), problem)


async def read_inventory(store: Store, station: StationId) -> Inventory:
    """The same, for a command."""
    async with store.read() as reading:
        return await inventory_of(reading, station)


def certificate_names(known: Sequence[bytes]) -> dict[str, str]:
    """What people call the certificates that we know: their subjects, by their fingerprints."""
    return {fingerprint(der).hex(): read_certificate(der).subject for der in known}


def _held(station: StationId, one: InstalledCertificate, known: Sequence[bytes], now: datetime) -> HeldAnchor:
    named = one.certificate
    found = find_certificate(named, known)
    return HeldAnchor(
        station=station,
        use=one.use.value,
        algorithm=named.algorithm.value,
        issuer_name=named.issuer_name.lower(),
        issuer_key=named.issuer_key.lower(),
        serial=named.serial,
        seen_at=now,
        authority=fingerprint(found).hex() if found is not None else "",
    )


def _name(held: HeldAnchor) -> tuple[str, ...]:
    return held.use, held.algorithm, held.issuer_name, held.issuer_key, held.serial.lstrip("0").lower()


def _facts(held: HeldAnchor) -> dict[str, FactValue]:
    return {"use": held.use, "serial": held.serial, "certificate": held.authority or "unknown here"}

"""How long a revoked certificate keeps a link: from the commit of the order to the closed connection.

All of a fleet is on its links. Some certificates are revoked one after the other, each as `voltward cert
revoke` does it, some all in one order. What counts is when the station sees its link closed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from benchmarks.crew import AwaitCuts, Crew, Dismiss, Gather
from benchmarks.errors import PeerFault
from benchmarks.figures import Finding
from benchmarks.fleet import EquippedStation
from benchmarks.target import Target
from voltward.bootstrap.deployment import open_deployment
from voltward.settings import load_settings
from voltward.usecases.revocation.revoke_certificates import RevocationOrder, revoke_certificates

_BEGINS = "BENCH"  # identities of stations with certificates
_SETTLE_SECONDS = 2.0
_PATIENCE = 60.0  # seconds for all to be closed
_FOLLOWS = 1.0  # seconds: what is promised


@dataclass(frozen=True, slots=True)
class RevokingPlan:
    """How many are on their links, and how many of them are revoked in each of the two ways."""

    live: int
    revoked: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Cuts:
    """Seconds from a commit to each closed link; seconds that one order took."""

    waits: tuple[float, ...]
    order: float


def measure_revoking(
    crew: Crew, ours: Target, stations: Sequence[EquippedStation], plan: RevokingPlan
) -> list[Finding]:
    """Bring all of them up, and revoke. Who was revoked never comes again: this is a store's last part."""
    share = plan.live // crew.size
    crew.carry_out(Gather(ours.address, None, ((_BEGINS, share),), plan.in_flight // crew.size))
    time.sleep(_SETTLE_SECONDS)
    chosen = victims_of(stations[: share * crew.size], 2 * plan.revoked)
    each = dict(list(chosen.items())[: plan.revoked])
    together = dict(list(chosen.items())[plan.revoked :])
    cuts = {
        f"{len(each)} one after the other": _cut(crew, ours, each, [[one] for one in each.values()]),
        f"{len(together)} in one order": _cut(crew, ours, together, [[*together.values()]]),
    }
    crew.carry_out(Dismiss(ours.address))
    return [finding_of(share * crew.size, how, cut) for how, cut in cuts.items()]


def finding_of(live: int, how: str, cut: Cuts) -> Finding:
    """In the words of the report."""
    p99 = quantiles(cut.waits, n=100, method="inclusive")[-1]
    return Finding(
        f"from a revocation's commit to the closed link, {live:,} on their links, {how}: p99 in seconds",
        f"p50 {median(cut.waits) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, "
        f"last {max(cut.waits) * 1000:.0f} ms; "
        f"an order took {cut.order * 1000:.0f} ms",
        p99,
        _FOLLOWS,
    )


def victims_of(stations: Sequence[EquippedStation], count: int) -> dict[str, bytes]:
    """Identity and the certificate's fingerprint of so many, spread over the fleet."""
    with_certificates = [one for one in stations if one.credential is not None]
    step = len(with_certificates) // count
    if not step:
        raise PeerFault(f"{count} cannot be revoked of {len(with_certificates)}")
    return {
        one.identity: _fingerprint(one.credential)
        for one in with_certificates[: step * count : step]
        if one.credential is not None
    }


def _fingerprint(credential: Path) -> bytes:
    return x509.load_pem_x509_certificate(credential.read_bytes()).fingerprint(hashes.SHA256())


def _cut(crew: Crew, ours: Target, victims: Mapping[str, bytes], orders: Sequence[Sequence[bytes]]) -> Cuts:
    awaited = AwaitCuts(ours.address, tuple(victims), _PATIENCE)
    crew.begin(awaited)
    begun = time.perf_counter()
    committed = uvloop.run(_revoke(ours.settings, orders))
    took = (time.perf_counter() - begun) / len(orders)
    closed = dict(crew.finish(awaited).cuts)
    if lost := victims.keys() - closed.keys():
        raise PeerFault(f"{len(lost)} links of revoked certificates were not closed")
    # A link may be closed before the order's own process knows that it was committed.
    waits = tuple(max(0.0, closed[who] - committed[certificate]) for who, certificate in victims.items())
    return Cuts(waits, took)


async def _revoke(settings: str, orders: Sequence[Sequence[bytes]]) -> dict[bytes, float]:
    """When each certificate's order was committed, on the clock that all processes of a machine share."""
    committed = dict[bytes, float]()
    order = RevocationOrder("the benchmark revokes it", "benchmark")
    async with open_deployment(load_settings(Path(settings))) as deployment:
        for certificates in orders:
            await revoke_certificates(deployment.store, certificates, order, deployment.clock)
            committed |= dict.fromkeys(certificates, time.perf_counter())
    return committed

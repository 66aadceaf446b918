"""Renewals begin by themselves when their time has come; so many at a time, and missed ones catch up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from voltward.domain.station import Standing, Station, StationId
from voltward.lifecycles.renewal_places import RenewalPlaces, keeps_its_place
from voltward.lifecycles.renewal_state import KIND, Renewal, RenewalOrigin
from voltward.lifecycles.renewal_time import ScheduleTerms, renewal_time
from voltward.ports.lifecycles import IssuedCertificate
from voltward.ports.storage import Ahead, Reading, Store
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.renewed_credentials import used_certificate
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, RenewalPlan, start_renewal

HORIZON: Final = timedelta(days=800)  # nobody begins earlier before the end
PORTION: Final = 500
BEGUN_TOGETHER: Final = 128
MOST_OPEN: Final = 100_000


async def schedule_renewals(store: Store, terms: ScheduleTerms, plan: RenewalPlan, moment: Moment) -> int:
    """Begin those that are due, soonest end first, as far as there is room; returns how many."""
    begun, after = 0, None
    async with store.read() as reading:
        places = await _taken_places(reading, terms, moment)
    while True:
        async with store.read() as reading:
            page = await reading.issued.expiring(moment.now + HORIZON, limit=PORTION, after=after)
            due = [each for each in page if _is_due(each, terms, moment)]
            reading.expect(Ahead(stations=[each.station for each in due if each.station is not None]))
            wanted = [
                (each.issuer, station) for each in due if (station := await _whose(reading, each, moment))
            ]
        room = list[StationId]()
        for issuer, station in wanted:
            if places.has_room(issuer, station):
                places.take(issuer, station)
                room.append(station.id)
        for first in range(0, len(room), BEGUN_TOGETHER):
            begun += await _begin(store, room[first : first + BEGUN_TOGETHER], plan, moment)
        if len(page) < PORTION:
            return begun
        after = page[-1]


def _is_due(certificate: IssuedCertificate, terms: ScheduleTerms, moment: Moment) -> bool:
    begins = renewal_time(
        certificate.not_before,
        certificate.not_after,
        certificate.fingerprint,
        share=terms.share,
        jitter=terms.jitter,
    )
    return begins <= moment.now


async def _whose(reading: Reading, certificate: IssuedCertificate, moment: Moment) -> Station | None:
    """The station that comes in with it, where none of its certificates is being renewed."""
    if certificate.station is None or await _renewals(reading, certificate.station):
        return None
    used = used_certificate(await reading.credentials.of(certificate.station), moment.now)
    if used != certificate.fingerprint:
        return None
    station = await reading.stations.get(certificate.station)
    return station if station is not None and station.standing is not Standing.RETIRED else None


async def _begin(store: Store, stations: Sequence[StationId], plan: RenewalPlan, moment: Moment) -> int:
    begun = 0
    async with store.begin() as work:
        work.expect(Ahead(stations=stations))
        for station in stations:
            if not await _renewals(work, station):
                await start_renewal(
                    work, RenewalOrder(station, RenewalOrigin.SCHEDULE, "schedule"), plan, moment
                )
                begun += 1
        await work.commit()
    return begun


async def _renewals(reading: Reading, station: StationId) -> Sequence[object]:
    return [each for each in await reading.lifecycles.open_of(station) if each.kind == KIND]


async def _taken_places(reading: Reading, terms: ScheduleTerms, moment: Moment) -> RenewalPlaces:
    """Those of the renewals that are under way, whoever wanted them."""
    places = RenewalPlaces(terms)
    replaced = [
        (lifecycle.station, lifecycle.state.predecessor)
        for lifecycle in await reading.lifecycles.open(KIND, limit=MOST_OPEN)
        if isinstance(lifecycle.state, Renewal) and keeps_its_place(lifecycle.state, moment.now)
        if lifecycle.station is not None and lifecycle.state.predecessor is not None
    ]
    stations, certificates = [name for name, _ in replaced], [certificate for _, certificate in replaced]
    reading.expect(Ahead(stations=stations, certificates=certificates))
    for name, certificate in replaced:
        issued, station = await reading.issued.by_fingerprint(certificate), await reading.stations.get(name)
        if station is not None:  # whoever brought a certificate of others still takes a place at its site
            places.take(issued.issuer if issued is not None else "", station)
    return places

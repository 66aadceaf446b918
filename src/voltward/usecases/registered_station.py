"""The record of a station that somebody names, and whom a serial belongs to."""

from __future__ import annotations

from voltward.domain.errors import OperatorFault
from voltward.domain.station import Standing, Station, StationId
from voltward.ports.storage import Reading, UnitOfWork


async def registered(work: UnitOfWork | Reading, station: StationId) -> Station:
    """The record, or an OperatorFault that says what to do."""
    record = await work.stations.get(station)
    if record is not None:
        return record
    other = await work.stations.by_folded(station)
    hint = f" Did you mean {other.id}? Letter case counts." if other is not None else ""
    raise OperatorFault(
        f"no such station.{hint}", mend="`voltward station list` shows all of them.", subject=str(station)
    )


async def refuse_taken_serial(work: UnitOfWork, record: Station, serial: str) -> None:
    """OperatorFault if another station that is in service has this serial."""
    for other in await work.stations.by_serial(record.id.tenant, serial):
        if other.id != record.id and other.standing is not Standing.RETIRED:
            raise OperatorFault(
                f"the serial {serial} belongs to {other.id}; one serial names one station.",
                mend="Check the type plate, or retire the other record.",
                subject=str(record.id),
            )

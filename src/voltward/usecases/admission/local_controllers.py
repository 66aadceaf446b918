"""Which stations a Local Controller may speak for (ruling 7): registered ones, each behind one controller."""

from __future__ import annotations

from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Station, StationId
from voltward.ports.storage import UnitOfWork

MOST_BEHIND = 500  # a site has dozens


async def refuse_unfit_list(work: UnitOfWork, controller: Station) -> None:
    """OperatorFault where the record cannot be a Local Controller with the stations of its list."""
    if not controller.behind:
        return
    subject = str(controller.id)
    if controller.profile is not SecurityProfile.TLS_CERTIFICATE:
        raise OperatorFault(
            "a Local Controller speaks for others by its certificate alone.",
            mend="Register it with --profile 3.",
            subject=subject,
        )
    if len(controller.behind) > MOST_BEHIND:
        raise OperatorFault(
            f"it would speak for {len(controller.behind)} stations, the most are {MOST_BEHIND}.",
            subject=subject,
        )
    others = [s for s in await work.stations.all() if s.behind and s.id != controller.id]
    _refuse_behind_another(controller.id, controller.id, others)
    for identity in controller.behind:
        station = StationId(identity, controller.id.tenant)
        record = await work.stations.get(station)
        if record is None or station == controller.id or record.behind:
            what = "is not registered" if record is None else "is a Local Controller itself"
            raise OperatorFault(
                f"{station} {what}.",
                mend="`voltward station list` shows all of them; letter case counts.",
                subject=subject,
            )
        _refuse_behind_another(station, controller.id, others)


def _refuse_behind_another(station: StationId, controller: StationId, others: list[Station]) -> None:
    for other in others:
        if other.id.tenant == station.tenant and station.identity in other.behind:
            raise OperatorFault(
                f"{station} stands behind {other.id}.",
                mend=f"Take it from that list first: `voltward station set {other.id} --for ...`.",
                subject=str(controller),
            )

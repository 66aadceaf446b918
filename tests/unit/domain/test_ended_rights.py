from __future__ import annotations

from tests.fakes.builders import denied_certificate
from tests.fakes.clock import NOON
from voltward.domain.ended_rights import NONE_ENDED, Distrusted, EndedRights
from voltward.domain.station import StationId


def test_each_kind_alone_is_something() -> None:
    some = (
        EndedRights((denied_certificate(),)),
        EndedRights(retired=(StationId("CP001"),)),
        EndedRights(distrusted=(Distrusted("ab" * 32, NOON),)),
    )

    assert not NONE_ENDED
    assert all(some)
    assert sum(some, NONE_ENDED) == EndedRights(some[0].denials, some[1].retired, some[2].distrusted)

from __future__ import annotations

from tests.fakes.builders import denied_certificate
from tests.fakes.clock import NOON
from voltward.domain.ended_rights import Distrusted, EndedRights
from voltward.domain.station import StationId
from voltward.ports.snapshot import SnapshotHead


def test_a_head_tells_what_no_older_store_may_give_back() -> None:
    ended = EndedRights((denied_certificate(),), (StationId("CP001"),), (Distrusted("ab" * 32, NOON),))

    head = SnapshotHead(1, NOON, 7, (), ended.denials, (), ended.retired, ended.distrusted)

    assert head.ended == ended

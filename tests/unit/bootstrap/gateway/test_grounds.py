from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.builders import event, station
from tests.fakes.clock import NOON
from tests.fakes.deployments import Site
from tests.fakes.stores import put
from voltward.bootstrap.deployment import open_deployment, open_premises
from voltward.bootstrap.gateway.grounds import grounds_on, open_grounds
from voltward.domain.errors import OutsideFault
from voltward.domain.station import StationId
from voltward.ports.snapshot import Snapshot, SnapshotHead

CP1 = StationId("CP001")


async def test_a_gateway_stands_on_its_store(site: Site) -> None:
    async with open_deployment(site.settings()) as deployment:
        await put(deployment.store, station())

    async with open_grounds(open_premises(site.settings())) as grounds:
        assert grounds.start.away is None
        assert grounds.registry.lookup(CP1, NOON) is not None


async def test_without_its_store_it_stands_on_snapshot_and_spool(site: Site) -> None:
    async with open_deployment(site.settings()) as deployment:
        await put(deployment.store, station())
    async with open_grounds(open_premises(site.settings())) as grounds:
        head = SnapshotHead(1, NOON, grounds.registry.revision, (), ())
        await grounds.kept.snapshot.write(Snapshot(head, tuple(grounds.registry.stations())))
        await grounds.kept.spool.append([event("on_its_way")], for_sure=True)
    away = (site.folder / "voltward.db").rename(site.folder / "elsewhere.db")

    async with open_grounds(open_premises(site.settings())) as grounds:
        assert grounds.start.snapshot == head
        assert grounds.registry.lookup(CP1, NOON) is not None
        assert grounds.kept.spool.waiting == 1
        with pytest.raises(OutsideFault, match="not there"):
            await grounds.feed.latest()
        away.rename(site.folder / "voltward.db")

    assert not (site.folder / "gateway" / "spool" / "v.db").exists()


async def test_a_lost_store_is_never_replaced_by_an_empty_one(site: Site) -> None:
    (site.folder / "voltward.db").unlink()

    with pytest.raises(OutsideFault, match=r"not there\. And there is no snapshot"):
        async with open_grounds(open_premises(site.settings())):
            pass

    assert not (site.folder / "voltward.db").exists()


async def test_looking_whether_a_gateway_could_stand_writes_nothing(site: Site, tmp_path: Path) -> None:
    async with open_deployment(site.settings()) as deployment:
        grounds = await grounds_on(deployment.store, deployment)

    assert grounds.start.away is None
    assert not (site.folder / "gateway" / "spool").exists()

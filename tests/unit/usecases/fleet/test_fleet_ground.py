from __future__ import annotations

from dataclasses import replace

from tests.fakes.builders import (
    authority,
    certificate_credential,
    denied_certificate,
    exception,
    password_credential,
    station,
)
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.station import Standing, StationId
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.fleet.fleet_ground import FleetGround, load_ground

CP1, CP2 = StationId("CP001"), StationId("CP002")


async def test_the_registry_is_the_ground(store: SqlStore) -> None:
    leaf = certificate_credential("CP002")
    await put(store, station(), station("CP002"), password_credential(sharing_digest=b"one"), leaf)
    await put(store, authority(), authority("Old", retired_at=NOON))
    async with store.begin() as work:
        await work.denials.add(denied_certificate("CP009"))
        await work.exceptions.save(CP1, exception("AUTH-03"))
        await work.commit()

    ground = await load_ground(store)

    assert isinstance(leaf.proof, ClientCertificate)
    entry = ground.entry(CP1)
    assert entry is not None
    assert [e.control for e in entry.exceptions] == ["AUTH-03"]
    assert ground.owner_of(leaf.proof.fingerprint) == CP2
    assert ground.bearer("default", "SN-CP002") == CP2
    assert ground.bearer("acme", "SN-CP002") is None
    assert ground.holders(b"one") == {CP1}
    assert ground.twin(StationId("cp001")) == CP1
    assert ground.twin(CP1) is None
    assert [a.name for a in ground.authorities] == ["Station CA"]
    assert ground.denied == {denied_certificate("CP009").fingerprint}


def test_what_is_retired_takes_nothing() -> None:
    ground = FleetGround()
    gone = (
        replace(password_credential(sharing_digest=b"one"), state=CredentialState.RETIRED),
        replace(certificate_credential(), state=CredentialState.RETIRED),
    )
    ground.put(StationEntry(station(standing=Standing.RETIRED), gone))

    assert isinstance(gone[1].proof, ClientCertificate)
    assert ground.holders(b"one") == frozenset()
    assert ground.owner_of(gone[1].proof.fingerprint) is None
    assert ground.bearer("default", "SN-CP001") is None


def test_an_exception_is_noted_where_none_holds() -> None:
    ground = FleetGround()
    ground.put(StationEntry(station(), (), (exception("AUTH-03", until=NOON),)))

    assert ground.spare(CP1, exception("AUTH-03"), NOON)
    assert not ground.spare(CP1, exception("AUTH-03"), NOON)

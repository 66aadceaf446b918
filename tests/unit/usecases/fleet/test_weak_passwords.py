from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.builders import certificate_credential, exception, password_credential, station
from tests.fakes.clock import FakeClock
from tests.fakes.stores import entry_of, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import Credential, CredentialState, Password
from voltward.domain.station import StationId
from voltward.usecases.fleet.weak_passwords import (
    GRACE,
    SHARED,
    SHIPPED,
    SHORT,
    TOLD,
    Grace,
    except_from,
    other_holders,
    weakness_remarks,
    weaknesses_of,
)

ONE = b"one password for the whole site."


def weak(identity: str = "CP001", **proof: Any) -> Credential:
    row = password_credential(identity, sharing_digest=ONE)
    assert isinstance(row.proof, Password)
    return replace(row, proof=replace(row.proof, **proof))


@pytest.mark.parametrize(
    ("credential", "shared", "controls"),
    [
        (weak(), False, []),
        (weak(), True, [SHARED]),
        (weak(length=8, default_of="a number"), True, [SHORT, SHIPPED, SHARED]),
        (weak(length=15), False, [SHORT]),
        (weak(length=16), False, []),
        (weak(length=0), False, []),  # only its hash was handed in
        (replace(weak(length=8), state=CredentialState.RETIRED), True, []),
        (certificate_credential(), True, []),
    ],
)
def test_what_is_wrong_with_a_password(credential: Credential, shared: bool, controls: list[str]) -> None:
    assert [w.control for w in weaknesses_of(credential, shared=shared)] == controls


async def test_who_shares_a_password_is_named_but_not_the_station_itself(
    store: SqlStore, clock: FakeClock
) -> None:
    await put(store, station("CP001"), station("CP002"), weak("CP001"), weak("CP002"))
    async with store.begin() as work:
        (remark,) = await weakness_remarks(work, weak("CP001"), "cli:ann", clock)
        nothing = await weakness_remarks(work, password_credential(sharing_digest=b""), "cli:ann", clock)
    assert "same password: CP002. AUTH-11" in remark
    assert nothing == ()


async def test_who_had_the_password_alone_is_spared_until_a_date(store: SqlStore, clock: FakeClock) -> None:
    await put(store, station("CP001"), station("CP002"), weak("CP001"))
    async with store.begin() as work:
        await weakness_remarks(work, weak("CP002"), "cli:ann", clock)
        await work.commit()
    (spared,) = (await entry_of(store)).exceptions
    assert (spared.control, spared.owner, spared.until) == (SHARED, "cli:ann", clock.now() + GRACE)
    assert "CP002" in spared.reason
    assert (await entry_of(store, "CP002")).exceptions == ()


async def test_a_password_of_thousands_names_a_few(store: SqlStore, clock: FakeClock) -> None:
    names = [f"CP{number:03d}" for number in range(TOLD + 10)]
    await put(store, *(station(name) for name in names), *(weak(name) for name in names))
    async with store.begin() as work:
        assert len(await other_holders(work, weak("CP000"))) == TOLD + 1
        (remark,) = await weakness_remarks(work, weak("CP000"), "cli:ann", clock)
        assert "CP005, others" in remark
        assert await work.exceptions.all() == {}


async def test_an_exception_that_holds_is_left_as_it_is(store: SqlStore, clock: FakeClock) -> None:
    grace = Grace(clock.now() + GRACE, "cli:bob", "taken over")
    async with store.begin() as work:
        await work.stations.save(station())
        await work.exceptions.save(StationId("CP001"), exception(SHORT))
        await work.exceptions.save(StationId("CP001"), exception(SHARED, until=clock.now()))
        given = await except_from(work, StationId("CP001"), (SHORT, SHARED, SHIPPED), grace, clock)
        await work.commit()
    assert given == (SHARED, SHIPPED)
    held = {e.control: e.owner for e in (await entry_of(store)).exceptions}
    assert held == {SHORT: "ann@example.org", SHARED: "cli:bob", SHIPPED: "cli:bob"}
    assert timedelta(days=90) == GRACE

from __future__ import annotations

from tests.fakes.builders import denied_certificate
from voltward.adapters.sql.store import SqlStore


async def test_denials_come_back_as_they_were_added(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.denials.add(denied_certificate())
        await unit.commit()

    async with store.read() as reading:
        assert await reading.denials.all() == [denied_certificate()]
        assert await reading.denials.get(denied_certificate().fingerprint) == denied_certificate()
        assert await reading.denials.get(b"") is None


async def test_some_are_read_by_their_names(store: SqlStore) -> None:
    one, other = denied_certificate("CP001"), denied_certificate("CP002")
    async with store.begin() as unit:
        await unit.denials.add(one)
        await unit.denials.add(other)
        await unit.commit()

    async with store.read() as reading:
        assert await reading.denials.some([other.fingerprint, bytes(32)]) == [other]
        assert await reading.denials.some([]) == []


async def test_adding_twice_keeps_the_first_reason(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.denials.add(denied_certificate(reason="stolen"))
        await unit.denials.add(denied_certificate(reason="a whim"))

        assert [denied.reason for denied in await unit.denials.all()] == ["stolen"]

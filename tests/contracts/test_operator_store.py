from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import operator
from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.domain.operator import Enrolment


async def test_operators_come_back_as_they_were_saved(store: SqlStore) -> None:
    bob = operator("bob@example.org", disabled_at=NOON)
    async with store.begin() as unit:
        await unit.operators.save(bob)
        await unit.operators.save(operator())
        await unit.commit()

    async with store.read() as reading:
        assert await reading.operators.get("bob@example.org") == bob
        assert await reading.operators.get("nobody@example.org") is None
        assert await reading.operators.all() == [operator(), bob]


async def test_saving_again_replaces(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.operators.save(operator())
        await unit.operators.save(operator(disabled_at=NOON))

        assert await unit.operators.all() == [operator(disabled_at=NOON)]


async def test_an_enrolment_is_kept_and_can_be_marked_as_used(store: SqlStore) -> None:
    first = Enrolment("ann@example.org", b"1" * 32, NOON + timedelta(days=1))
    second = Enrolment("ann@example.org", b"2" * 32, NOON + timedelta(days=2))
    async with store.begin() as unit:
        await unit.operators.save(operator())
        await unit.operators.put_enrolment(first)
        await unit.operators.put_enrolment(second)
        await unit.operators.put_enrolment(replace(first, used_at=NOON))

        assert await unit.operators.enrolments("ann@example.org") == [second, replace(first, used_at=NOON)]
        assert await unit.operators.enrolments("bob@example.org") == []


async def test_an_enrolment_needs_its_operator(store: SqlStore) -> None:
    async with store.begin() as unit:
        with pytest.raises(OperatorFault, match="does not have"):
            await unit.operators.put_enrolment(Enrolment("nobody@example.org", b"1" * 32, NOON))

"""Passwords that nobody here knows, of stations that are observed: what the CSMS takes is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
import pytest_asyncio

from tests.journeys.deployment import BITES_SECONDS, Part, Template, World, run_cli, world_of
from tests.journeys.player import playing
from voltward.domain.secret import Secret
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

SOON = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
GROUPS = f"""
[group.field]
mode = "observe"
observe_until = {SOON}
learn = true
"""
LIST = "identity,group,password,serial\nL-1,field,,SN-L1\nL-2,field,12345678,SN-L2\nL-3,field,,SN-L3\n"
FIRST, SECOND = (PasswordLogin(Secret(text)) for text in (b"what the field has", b"what a thief would try"))


def listed(identity: str) -> Part:
    return Part(identity, 2, f"SN-{identity.replace('-', '')}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("learning")
    async with world_of(template, folder, GROUPS, overrides=('csms.basic="pass"',)) as world:
        told = await run_cli("station", "import", "-", "-c", str(world.settings), stdin=LIST.encode())
        assert told.status == 0, told
        assert "3 registered" in told.out
        await asyncio.sleep(BITES_SECONDS)
        yield world


async def test_what_the_csms_takes_is_learnt_and_holds_when_the_group_is_enforced(world: World) -> None:
    part = listed("L-1")
    async with playing(world.dial(part, login=FIRST)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
        await world.gateway.event("password_learnt", subject="L-1")
    await asyncio.sleep(BITES_SECONDS)

    mark = world.gateway.mark
    async with playing(world.dial(part, login=FIRST)) as player:
        admitted = await world.gateway.event("station_admitted", since=mark, subject="L-1")
        assert (await player.boot(part.serial)).kind == CALL_RESULT
        await world.gateway.event("credential_proven", since=mark, subject="L-1")
    assert (admitted["would"], admitted["control"]) == ("admit", None)
    shown = await world.command("station", "show", "L-1")
    assert [(c["origin"], c["state"]) for c in shown["credentials"]] == [("learned", "active")]

    mark = world.gateway.mark
    async with playing(world.dial(part, login=SECOND)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
        doubt = await world.gateway.event("password_not_learnt", since=mark, subject="L-1")
    assert "does it compare them at all?" in doubt["reason"]

    await world.command("station", "set", "L-1", "--group", "default")
    await asyncio.sleep(BITES_SECONDS)
    await world.is_refused(part, "AUTH-02", login=SECOND)
    async with playing(world.dial(part, login=FIRST)) as player:
        assert (await player.call("Heartbeat")).kind == CALL_RESULT


async def test_a_weak_one_of_the_list_comes_in_by_its_dated_exceptions(world: World) -> None:
    part = listed("L-2")
    await world.command("station", "set", "L-2", "--group", "default")
    await asyncio.sleep(BITES_SECONDS)
    mark = world.gateway.mark
    async with playing(world.dial(part, login=PasswordLogin(Secret(b"12345678")))) as player:
        admitted = await world.gateway.event("station_admitted", since=mark, subject="L-2")
        assert (await player.boot(part.serial)).kind == CALL_RESULT
    assert set(admitted["excepted"]) == {"AUTH-03", "AUTH-10"}
    listed_now = await world.command("station", "list", "--findings", status=1)
    assert [f["station"] for f in listed_now] == ["L-2"]


async def test_what_the_csms_refuses_is_not_learnt(world: World) -> None:
    part = listed("L-3")
    world.csms.conduct.refuse_with = HTTPStatus.UNAUTHORIZED
    try:
        outcome = await world.knock(part, login=SECOND)
    finally:
        world.csms.conduct.refuse_with = None
    assert isinstance(outcome, HttpRefused), words(outcome)
    await asyncio.sleep(BITES_SECONDS)
    assert (await world.command("station", "show", "L-3"))["credentials"] == []

"""Field notes 10 to 12: identities that come encoded, glued, nested, with slashes or in another letter case."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.journeys.deployment import BITES_SECONDS, Wanted, World
from tests.journeys.player import playing
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


def at_path(world: World, path: str) -> dict[str, Any]:
    return {"endpoint": replace(world.endpoint(), path=path)}


async def admitted_at(world: World, identity: str, path: str) -> Any:
    """The event of the admission on this very path; the CSMS has the identity as it is registered."""
    mark = world.gateway.mark
    async with playing(world.dial(world.parts[identity], "ocpp1.6", **at_path(world, path))) as player:
        assert (await player.boot()).kind == CALL_RESULT
    assert identity in world.csms.stations
    return await world.gateway.event("station_admitted", since=mark, subject=identity)


async def refused_at(world: World, identity: str, path: str) -> str:
    mark = world.gateway.mark
    outcome = await world.knock(world.parts[identity], "ocpp1.6", **at_path(world, path))
    assert isinstance(outcome, HttpRefused), words(outcome)
    assert (outcome.status, outcome.body) == (401, b"refused\n")
    return str((await world.gateway.event("station_refused", since=mark))["control"])


async def test_note_10_an_identity_is_decoded_once_and_forwarded_in_canonical_form(world: World) -> None:
    await admitted_at(world, "RDAM|123", "/ocpp/RDAM%7C123")
    assert await refused_at(world, "RDAM|123", "/ocpp/RDAM%7") == "ID-01"


async def test_note_10_an_identity_encoded_twice_is_let_in_by_its_quirk(world: World) -> None:
    event = await admitted_at(world, "RDAM|123", "/ocpp/RDAM%257C123")
    assert "encoded-twice" in event["quirks"]


@pytest.mark.parametrize(
    ("path", "quirk"),
    [
        ("/ocpp/Odd-0/", "trailing-slash"),
        ("/ocpp//Odd-0", "extra-slash"),
        ("/ocppOdd-0", "glued-identity"),
        ("/ocpp/site7/Odd-0", "nested-path"),
    ],
)
async def test_note_11_a_slash_too_many_or_too_few_is_let_in_by_its_quirk(
    world: World, path: str, quirk: str
) -> None:
    event = await admitted_at(world, "Odd-0", path)

    assert quirk in event["quirks"]
    assert quirk in (await world.command("station", "explain", "Odd-0"))["quirks"]


async def test_note_11_a_path_under_another_site_is_not_the_granted_one(world: World) -> None:
    assert await refused_at(world, "Odd-0", "/ocpp/site8/Odd-0") == "ID-05"


async def test_note_11_a_slash_never_makes_one_station_of_two(world: World) -> None:
    """`a/b` is neither `ab` nor `b`, and nobody comes in as another with its own password."""
    assert await refused_at(world, "Odd-1", "/ocpp/Od/d-1") == "ID-01"
    assert await refused_at(world, "Odd-1", "/ocpp/site7/Odd-2") == "ID-04"


async def test_note_11_without_the_quirk_or_past_its_end_it_stays_outside(world: World) -> None:
    assert await refused_at(world, "Plain-Short", "/ocpp/Plain-Short/") == "ID-05"
    assert await refused_at(world, "Ended-1", "/ocpp/Ended-1/") == "ID-05"


async def test_note_11_a_model_that_has_told_itself_is_known_by_its_recipe(world: World) -> None:
    part = await world.enrol(Wanted("Slasher-1"))
    world.parts["Slasher-1"] = part
    assert await refused_at(world, "Slasher-1", "/ocpp/Slasher-1/") == "ID-05"
    for firmware, answer in (("v1.9.2", "trailing-slash"), ("2.0.0", "ID-05")):
        mark = world.gateway.mark
        async with playing(world.dial(part, "ocpp1.6")) as player:
            boot = {
                "chargePointVendor": "SLASH WORKS Ltd",
                "chargePointModel": "S-1",
                "firmwareVersion": firmware,
            }
            await player.call("BootNotification", boot)
            await world.gateway.event("model_told", since=mark, subject="Slasher-1", firmware=firmware)
            await asyncio.sleep(BITES_SECONDS)
        if answer == "ID-05":
            assert await refused_at(world, "Slasher-1", "/ocpp/Slasher-1/") == answer
        else:
            assert (await admitted_at(world, "Slasher-1", "/ocpp/Slasher-1/"))["quirks"] == [answer]


async def test_note_12_another_letter_case_is_let_in_by_its_quirk_alone(world: World) -> None:
    event = await admitted_at(world, "Odd-3", "/ocpp/oDD-3")

    assert "letter-case" in event["quirks"]
    assert await refused_at(world, "Ended-1", "/ocpp/ENDED-1") == "ID-03"


async def test_note_12_a_tenant_may_have_a_rule_of_its_own_for_letter_case(world: World) -> None:
    mark = world.gateway.mark
    outcome = await world.knock(world.parts["Nor-1"], **at_path(world, "/north/nOR-1"))

    # It got past the door; nobody is at home behind this route.
    assert isinstance(outcome, HttpRefused), words(outcome)
    assert outcome.status == 503
    await world.gateway.event("csms_unreachable", since=mark, subject="north/Nor-1")


async def test_note_12_two_that_differ_in_case_alone_cannot_both_be_registered(world: World) -> None:
    await world.command("station", "add", "ODD-3", status=2)

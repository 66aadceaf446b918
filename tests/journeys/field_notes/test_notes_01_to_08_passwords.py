"""Field notes 1 to 8: passwords that are hexadecimal, raw, short, shared, and user names that are none."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from tests.journeys.deployment import BITES_SECONDS, Wanted, World, password_as
from tests.journeys.field_notes.conftest import SITE
from tests.journeys.player import playing
from voltward.domain.credential import PasswordForm
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import Connected, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("form", [PasswordForm.OCTETS, PasswordForm.TEXT])
async def test_note_01_a_key_opens_as_octets_and_as_digits_and_the_form_is_recorded(
    world: World, form: PasswordForm
) -> None:
    part = world.parts["Odd-6"]
    mark = world.gateway.mark
    async with playing(world.dial(part, "ocpp1.6", login=password_as(part, form))) as player:
        assert (await player.boot()).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", since=mark, subject=part.identity)
    assert event["form"] == form.value


async def test_note_02_a_password_is_octets_that_need_be_no_text(world: World) -> None:
    raw = bytes(range(0x80, 0x94))
    part = await world.enrol(Wanted("Note-2", password=raw.hex().encode()))
    async with playing(world.dial(part, "ocpp1.6", login=password_as(part, PasswordForm.OCTETS))) as player:
        assert (await player.boot()).kind == CALL_RESULT


async def test_note_03_the_scheme_s_letters_blanks_and_padding_do_no_harm(world: World) -> None:
    part = world.parts["Odd-7"]
    assert part.password is not None
    both = base64.b64encode(part.identity.encode() + b":" + part.password.reveal()).decode().rstrip("=")
    outcome = await world.knock(part, login=None, headers=(("Authorization", f"bAsIc   {both}"),))
    assert isinstance(outcome, Connected), words(outcome)
    await outcome.link.close()


async def test_note_04_a_short_password_is_let_in_by_its_quirk_and_says_so(world: World) -> None:
    async with playing(world.dial(world.parts["Odd-Short"])) as player:
        assert (await player.boot()).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject="Odd-Short")
    assert "short-password" in event["quirks"]


@pytest.mark.parametrize("identity", ["Odd-Shorter", "Plain-Short"])
async def test_note_04_shorter_than_granted_or_not_granted_it_waits_with_a_stable_code(
    world: World, identity: str
) -> None:
    async with playing(world.dial(world.parts[identity])) as player:
        assert ((await player.boot()).payload or {})["status"] == "Pending"
    event = await world.gateway.event("station_quarantined", subject=identity)
    assert event["control"] == "AUTH-03"


async def test_note_05_a_maker_s_password_is_borne_by_its_quirk_and_told(world: World) -> None:
    async with playing(world.dial(world.parts["Odd-Shipped"])) as player:
        assert (await player.boot()).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject="Odd-Shipped")
    assert "shipped-password" in event["quirks"]


async def test_note_05_without_the_quirk_it_waits_for_a_password_of_its_own(world: World) -> None:
    part = await world.enrol(Wanted("Note-5", password=b"1234567890123456"))
    async with playing(world.dial(part)) as player:
        assert ((await player.boot()).payload or {})["status"] == "Pending"
    assert (await world.gateway.event("station_quarantined", subject="Note-5"))["control"] == "AUTH-10"


async def test_note_06_one_password_for_a_site_is_borne_by_its_quirk_alone(world: World) -> None:
    for identity, answer in (("Odd-Shared", "admitted"), ("Plain-Shared", "quarantined")):
        async with playing(world.dial(world.parts[identity])) as player:
            await player.boot()
        event = await world.gateway.event(f"station_{answer}", subject=identity)
        assert "AUTH-11" in event["failed"] or "shared-password" in event["quirks"]


async def test_note_06_one_password_for_two_stations_is_told_at_entry(world: World, tmp_path: Path) -> None:
    password = tmp_path / "shared.txt"
    password.write_bytes(SITE)
    added = await world.command("station", "add", "Note-6", "--password-file", str(password))

    assert any("same password" in remark and "Odd-Shared" in remark for remark in added["remarks"])


@pytest.mark.parametrize("user", ["admin", ""])
async def test_note_08_another_user_name_is_one_station_s_own_quirk(world: World, user: str) -> None:
    part = world.take(2)
    assert part.password is not None
    login = PasswordLogin(part.password, username=user)
    await world.is_refused(part, "ID-04", login=login)

    terms = ("--until", "2099-12-31", "--owner", "ann", "--reason", "no menu for it")
    await world.command("station", "quirk", part.identity, "user-alias", "--with", f"user={user}", *terms)
    await asyncio.sleep(BITES_SECONDS)

    async with playing(world.dial(part, login=login)) as player:
        assert (await player.boot()).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert event["quirks"] == ["user-alias"]
    await world.is_refused(part, "ID-04", login=PasswordLogin(part.password, username="root"))


async def test_note_07_colons_in_a_password_do_not_split_it(world: World) -> None:
    part = await world.enrol(Wanted("Note-7", password=b"a:b:c:d:e:f:g:h:i"))
    async with playing(world.dial(part)) as player:
        assert (await player.boot()).kind == CALL_RESULT

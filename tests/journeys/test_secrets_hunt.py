"""The hunt finds what is planted, in every spelling; and a world that leaves a secret behind fails its test.

Every other journey is hunted through at its end (`deployment.world_of`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.journeys.deployment import Template, Wanted, world_of
from tests.journeys.secrets_hunt import SHORTEST, Find, Hoard, hunt, left_behind, secret_files, spellings
from voltward.simulator.link import Connected, words

SECRET = b'pa"ss+w\xc3\xb6rd of ~ n\xc3\xb6body'
OCTETS = bytes(range(250, 256)) + bytes(range(10))


def found(content: bytes, secret: bytes = SECRET) -> list[Find]:
    hoard = Hoard()
    hoard.add("mine", secret)
    return hunt(hoard, {"clean": b"nothing here", "log": content})


@pytest.mark.parametrize("secret", [SECRET, OCTETS], ids=["text", "octets"])
def test_a_planted_secret_is_found_in_every_spelling(secret: bytes) -> None:
    for spelling, needle in spellings(secret):
        (find,) = found(b"before " + needle + b" after", secret)
        assert find.artefact == "log", spelling


@pytest.mark.parametrize("user", ["", "A", "CP", "CP1", "CP-1", "a-longer-identity"])
@pytest.mark.parametrize("secret", [SECRET, OCTETS], ids=["text", "octets"])
def test_a_basic_header_gives_it_away_whatever_the_user_is(secret: bytes, user: str) -> None:
    header = b"Authorization: Basic " + base64.b64encode(user.encode() + b":" + secret)

    assert found(header, secret)
    assert found(header.replace(b"+", b"-").replace(b"/", b"_"), secret)


def test_the_key_that_digits_spell_is_a_secret_too() -> None:
    assert found(b"\x01" + OCTETS, OCTETS.hex().encode())
    assert found(base64.b64encode(OCTETS), OCTETS.hex().upper().encode())


def test_what_is_not_there_is_not_found() -> None:
    assert found(b"") == []
    assert found(SECRET[:-1] + b"?") == []
    assert found(base64.b64encode(b"CP:" + SECRET[::-1])) == []
    assert found(b"short", b"short"[:SHORTEST]) == []


def test_a_find_tells_whose_it_is_and_never_what() -> None:
    (find,) = found(SECRET)

    assert str(find) == "mine stands in log (as it is)"


async def test_a_deployment_has_secrets_of_every_kind_and_leaves_none(
    template: Template, tmp_path: Path
) -> None:
    wanted = [Wanted("HUNTED", password=SECRET)]
    async with world_of(template, tmp_path, wanted=wanted) as world:
        outcome = await world.knock(world.take(2))
        assert isinstance(outcome, Connected), words(outcome)
        await outcome.link.close()
        added = await world.command("station", "add", "HUNTED-2", "--serial", "SN-H2")
        hoard = world.hoard
        hoard.add_deployment(world.settings)
        names = " ".join(hoard.secrets.values())

    assert added["password"].encode() in hoard.secrets
    assert SECRET in hoard.secrets
    for kind in (
        "journal-mac",
        "password-digest",
        "server-ecdsa (its number)",
        "server-rsa (a prime)",
        "unlock.key",
    ):
        assert kind in names
    assert "signer room" in names
    behind = left_behind(world.settings)
    assert {"voltward.db", "voltward.toml"} <= behind.keys()
    assert not {path.name for path in secret_files(world.settings)} & behind.keys()


@pytest.mark.parametrize("place", ["notes.txt", "journal-heads/more", "gateway/old.pem"])
async def test_a_world_that_leaves_a_secret_behind_fails(
    template: Template, tmp_path: Path, place: str
) -> None:
    part = template.pool[2][0]
    assert part.password is not None
    leak = base64.b64encode(b"CP:" + part.password.reveal())

    with pytest.raises(AssertionError, match=f"password of {part.identity} stands in {place}"):
        await a_world_with(template, tmp_path, {place: leak})


async def test_a_secret_in_the_log_is_found(template: Template, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a word of every log stands in the gateway's log"):
        await a_world_with(template, tmp_path, {}, {"a word of every log": b"gateway_ready"})


async def test_a_secret_in_the_metrics_is_found(template: Template, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a word of every metric stands in the metrics"):
        await a_world_with(template, tmp_path, {}, {"a word of every metric": b"voltward_links"})


async def a_world_with(
    template: Template, folder: Path, planted: Mapping[str, bytes], secrets: Mapping[str, bytes] | None = None
) -> None:
    """A world that lives for a moment, with files in it that do not belong there."""
    async with world_of(template, folder) as world:
        for whose, secret in (secrets or {}).items():
            world.hoard.add(whose, secret)
        for name, content in planted.items():
            plant(folder / name, content)


def plant(file: Path, content: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)

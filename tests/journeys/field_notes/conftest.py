"""One gateway for all field notes, whose groups have quirks; most of its stations speak plainly."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.journeys.deployment import Template, Wanted, World, world_of

DATED = 'until = 2099-12-31\nowner = "ann"\nreason = "old firmware"\n'
QUIRKS = {
    "trailing-slash": "",
    "extra-slash": "",
    "glued-identity": "",
    "nested-path": 'above = "site7"',
    "encoded-twice": "",
    "letter-case": "",
    "no-subprotocol": 'speaks = "ocpp1.6"',
    "no-connection-upgrade": "",
    "short-password": "octets = 8",
    "shared-password": "",
    "shipped-password": "",
    "small-frames": 'octets = "256 B"',
    "small-records": 'octets = "512 B"',
    "keep-new-connection": "",
}
SETTINGS = "".join(f"[group.odd.quirks.{name}]\n{DATED}{more}\n" for name, more in QUIRKS.items())
ENDED = '[group.ended.quirks.trailing-slash]\nuntil = 2026-01-31\nowner = "ann"\nreason = "old firmware"\n'
SLEEPY = f'[group.sleepy.quirks.keepalive-pace]\n{DATED}ping_interval = "0 s"\nidle_timeout = "2 s"\n'
TINY = f'[group.tiny.quirks.small-calls]\n{DATED}octets = "1 KiB"\n'
NORTH = f"""
[route.north]
path = "/north/{{station}}"
tenant = "north"
csms.url = "ws://127.0.0.1:9/"
[tenant.north.quirks.letter-case]
{DATED}"""
EAGER = "[group.eager]\nping_interval = '1 s'\npong_timeout = '1 s'\n"

SITE = b"one-for-the-whole-site"
SHIPPED = b"12345678"
RECIPE = """
[[recipe]]
name = "slashers"
vendor = "Slash Works*"
model = "S-?"
before = "2.0"
until = 2099-12-31
owner = "ann"
[recipe.quirks.trailing-slash]
reason = "appends a slash"
"""

SHORT = b"ab12-cd34"[:8]
WANTED = (
    *(Wanted(f"Odd-{number}", group="odd") for number in range(12)),
    Wanted("RDAM|123", group="odd"),
    Wanted("Ended-1", group="ended"),
    Wanted("Sleepy-1", group="sleepy"),
    Wanted("Eager-1", group="eager"),
    Wanted("Tiny-1", group="tiny"),
    Wanted("Nor-1", tenant="north"),
    Wanted("Odd-Short", group="odd", password=SHORT),
    Wanted("Odd-Shorter", group="odd", password=SHORT[:7]),
    Wanted("Plain-Short", password=SHORT[::-1]),
    Wanted("Odd-Shipped", group="odd", password=SHIPPED),
    Wanted("Odd-Shared", group="odd", password=SITE),
    Wanted("Plain-Shared", password=SITE),
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "recipes").mkdir()
    (folder / "recipes" / "own.toml").write_text(RECIPE)
    settings = SETTINGS + ENDED + SLEEPY + TINY + NORTH + EAGER + '[quirks]\nrecipes = "recipes"\n'
    async with world_of(template, folder, settings, wanted=WANTED) as world:
        yield world

"""A deployment is copied while it serves, comes back elsewhere, and gives nobody back what was taken away."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.deployment import Part, Template, World, eventually, run_cli, world_of
from tests.journeys.gateway_child import GatewayChild, gateway_child
from tests.journeys.outage import STORE
from tests.journeys.player import playing
from voltward.bootstrap.gateway.grounds import snapshot_file
from voltward.simulator.frames import CALL_RESULT

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

PASSPHRASE = "correct horse battery staple"


async def ordered(*words: str, status: int = 0) -> Any:
    told = await run_cli("backup", *words, "--json")
    assert told.status == status, told
    return json.loads(told.out)


@asynccontextmanager
async def served_from(world: World, settings: Path) -> AsyncIterator[GatewayChild]:
    """Another gateway in the world's place."""
    await world.gateway.stop()
    async with gateway_child(settings, world.overrides) as world.gateway:
        yield world.gateway


async def comes_in(world: World, part: Part) -> None:
    async with playing(world.dial(part)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT


async def revoked(world: World, parts: Sequence[Part]) -> None:
    """Their certificates are denied, and the snapshot on the gateway's disk knows it."""
    for part in parts:
        await world.command("cert", "revoke", "--station", part.identity, "--reason", "stolen")
    revision = await world.deployment.store.feed.latest()

    async def is_level() -> bool:
        head = await snapshot_file(world.deployment).read_head()
        return head is not None and head.revision >= revision

    await eventually(is_level, seconds=60)


async def proven(world: World) -> Part:
    part = world.take(3)
    await comes_in(world, part)
    await world.gateway.event("credential_proven", subject=part.identity)
    return part


async def test_a_sealed_backup_of_a_serving_deployment_comes_back_and_serves(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, kept = tmp_path_factory.mktemp("backup"), tmp_path_factory.mktemp("kept")
    (kept / "passphrase").touch(0o600)
    (kept / "passphrase").write_text(PASSPHRASE)
    seal, new = ("--passphrase", f"file:{kept / 'passphrase'}"), kept / "new"
    async with world_of(template, folder) as world:
        steady, stolen, before = world.take(2), await proven(world), world.take(3)
        await world.command("station", "quarantine", before.identity, "--reason", "odd")
        async with playing(world.dial(steady)) as player:
            await player.boot()
            await world.row("station_admitted", steady.identity)
            made = await ordered("make", str(kept), *seal, "-c", str(world.settings))
            assert (await player.call("Heartbeat")).kind == CALL_RESULT
        tried = await ordered("verify", made["file"], *seal)
        await revoked(world, [stolen])

        back = await ordered("restore", made["file"], *seal, "--into", str(new), "--old", str(folder))

        assert (made["sealed"], made["left_out"], tried["ok"], tried["opened"]) == (True, [], True, True)
        assert tried["stations"] == back["stations"] == sum(map(len, template.pool.values()))
        assert stolen.issued is not None
        assert back["recalled"]["certificates"] == [stolen.issued.fingerprint.hex()]
        assert "cli" in {rows["chain"] for rows in back["missing"]}
        async with served_from(world, new / "voltward.toml"):
            await comes_in(world, steady)
            await world.is_refused(stolen, "CERT-04")
            shown = await run_cli(
                "station", "show", before.identity, "--json", "-c", str(new / "voltward.toml")
            )
            assert json.loads(shown.out)["standing"] == "quarantined"
        whole = await run_cli("journal", "verify", "-c", str(new / "voltward.toml"))
        assert whole.status == 0, whole.out
        sound = await run_cli("settings", "check", "-c", str(new / "voltward.toml"))
        assert sound.status == 0, sound.out


async def test_a_store_alone_put_back_learns_again_what_its_gateway_knows(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, kept = tmp_path_factory.mktemp("old-store"), tmp_path_factory.mktemp("kept")
    async with world_of(template, folder) as world:
        stolen, retired = await proven(world), world.take(2)
        made = await ordered("make", str(kept / "a.backup"), "-c", str(world.settings))
        assert any("unlock.key" in sentence for sentence in made["left_out"])
        await world.command("station", "retire", retired.identity)
        await revoked(world, [stolen])
        await world.gateway.stop()
        await world.deployment.store.close()  # as another process would have to
        await ordered("restore", made["file"], "--secrets", str(folder), "--into", str(kept / "new"))
        for name in STORE:
            (folder / name).unlink(missing_ok=True)
        shutil.copy(kept / "new" / "voltward.db", folder / "voltward.db")

        # Twice, and after another order: nothing of it wears off.
        for number in range(2):
            async with gateway_child(world.settings, world.overrides) as world.gateway:
                if number == 0:
                    await world.gateway.event("store_went_back")
                    told = await world.gateway.event("revocations_recalled")
                    assert (told["certificates"], told["stations"], told["authorities"]) == (1, 1, 0)
                    other = world.take(3)
                    await comes_in(world, other)
                    await world.gateway.event("credential_proven", subject=other.identity)
                    await run_cli(
                        "cert",
                        "revoke",
                        "--station",
                        other.identity,
                        "--reason",
                        "x",
                        "-c",
                        str(world.settings),
                    )
                await world.is_refused(stolen, "CERT-04")
                await world.is_refused(retired, "STN-01")
                assert number == 0 or not list(world.gateway.seen("store_went_back"))

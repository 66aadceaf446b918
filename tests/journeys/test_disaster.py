"""The disaster drill: the machine is lost, its backup is not.

What stations hold goes on being good, what was revoked stays out, and nothing is signed a second time.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from tests.journeys.command_line import run_cli
from tests.journeys.deployment import ACTOR, BITES_SECONDS, Template, World, eventually, world_of
from tests.journeys.gateway_child import gateway_child
from tests.journeys.living import SECONDS, becomes, living, shown
from tests.journeys.own_certificates import Ours, certified
from voltward.bootstrap.authority.signer import signer_client
from voltward.bootstrap.deployment import open_deployment
from voltward.domain.station import StationId
from voltward.ports.authority import Issued, RevocationReason
from voltward.ports.signer import RevocationList
from voltward.settings import load_settings
from voltward.usecases.revocation.revoke_certificates import (
    RevocationOrder,
    certificates_of,
    revoke_certificates,
)

pytestmark = pytest.mark.journey

CA = "stations-ca-ecdsa"
DENIED = "CERT-04"


async def test_a_lost_machine_comes_back_from_its_backup_and_its_stations_by_themselves(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, kept = tmp_path_factory.mktemp("lost"), tmp_path_factory.mktemp("kept")
    (kept / "passphrase").touch(0o600)
    (kept / "passphrase").write_text("a passphrase of the safe", encoding="ascii")
    seal = ("--passphrase", f"file:{kept / 'passphrase'}", "--json")
    async with world_of(template, folder, alone=False) as world:
        await world.gateway.event("signer_ready", seconds=30)
        steady, stolen, late = [await certified(world) for _ in range(3)]
        async with living(world, steady.part, "ocpp2.0.1", login=steady.login) as station:
            await revoke(world, stolen)
            made = await run_cli("backup", "make", str(kept), *seal, "-c", str(world.settings))
            backup = json.loads(made.out)["file"]
            await revoke(world, late)  # no backup knows of this
            before = await published(world)

            os.killpg(world.gateway.process.pid, signal.SIGKILL)
            await world.gateway.ended()
            shutil.rmtree(folder)
            back = await run_cli("backup", "restore", backup, *seal, "--into", str(kept / "new"))
            assert back.status == 0, back

            async with standing_on(world, kept / "new" / "voltward.toml"):
                held = shown(station)
                await eventually(lambda: is_back(world, steady), seconds=SECONDS)
                assert shown(station) == held
                await world.is_refused(stolen.part, DENIED, login=stolen.login)
                await revoke(world, late)  # as the guide says
                await asyncio.sleep(BITES_SECONDS)
                await world.is_refused(late.part, DENIED, login=late.login)
                assert (await published(world)).number > before.number
                assert await told_again(world, steady) == steady.chain

                await world.command("cert", "renew", steady.part.identity)
                await becomes(world, steady.part, "certificate_renewed")
                assert shown(station) != held


@asynccontextmanager
async def standing_on(world: World, settings: Path) -> AsyncIterator[None]:
    """The world goes on with this folder, at its old address."""
    address = f"gateway.listen=127.0.0.1:{world.gateway.tls_port}"
    async with (
        open_deployment(load_settings(settings), writer=ACTOR) as world.deployment,
        gateway_child(settings, (*world.overrides, address), alone=False) as world.gateway,
    ):
        world.settings = settings
        await world.gateway.event("signer_ready", seconds=30)
        yield


async def is_back(world: World, ours: Ours) -> bool:
    """It has found its way to the restored gateway."""
    return any(world.gateway.seen("station_admitted", subject=ours.part.identity))


async def revoke(world: World, ours: Ours) -> None:
    order = RevocationOrder("the board was stolen", ACTOR, RevocationReason.KEY_COMPROMISE)
    held = await certificates_of(world.deployment.store, StationId(ours.part.identity))
    await revoke_certificates(world.deployment.store, held, order, world.deployment.clock)


async def published(world: World) -> RevocationList:
    """The list that the stations CA's certificates are looked up in, as soon as it has both."""
    signer = signer_client(load_settings(world.settings))
    (issuer,) = [one.id for one in await signer.authorities() if one.name == CA]

    async def whole() -> RevocationList | None:
        made = await signer.revocation_list(issuer)
        return made if made.entries == 2 else None

    return cast("RevocationList", await eventually(whole, seconds=SECONDS))


async def told_again(world: World, ours: Ours) -> tuple[bytes, ...]:
    """What the signer gives for an order that it carried out before the machine was lost."""
    signer = signer_client(load_settings(world.settings))
    return cast("Issued", await signer.issue(ours.order)).chain

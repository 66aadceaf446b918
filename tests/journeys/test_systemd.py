"""Started as the unit starts it: systemd hears when it listens, lives, reloads, ends; the key is a credential."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.journeys.deployment import OVERRIDES, Template, copy_deployment, run_cli
from tests.journeys.gateway_child import PATIENCE, start_serve
from voltward.gateway.channel.sockets import open_socket

pytestmark = [pytest.mark.journey, pytest.mark.asyncio]


class Listening:
    """The end of the socket where systemd would sit."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    async def until(self, word: str) -> list[str]:
        """What is told up to and including the first notice that begins with this word."""
        told: list[str] = []
        async with asyncio.timeout(2 * PATIENCE):
            while not told or not told[-1].startswith(word):
                told.append((await asyncio.get_running_loop().sock_recv(self._end, 4096)).decode())
        return told


@asynccontextmanager
async def systemd(place: Path) -> AsyncIterator[Listening]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(place))
        end.setblocking(False)
        yield Listening(end)


async def test_systemd_hears_of_each_step_and_hands_the_key_over(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = copy_deployment(template, tmp_path / "deployment", settings="")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (tmp_path / "deployment" / "gateway" / "unlock.key").rename(credentials / "gateway-unlock")
    text = file.read_text()
    assert "file:gateway/unlock.key" in text
    file.write_text(text.replace("file:gateway/unlock.key", "credential:gateway-unlock"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    async with systemd(tmp_path / "notify") as hears:
        child = await start_serve(file, overrides=(*OVERRIDES, "csms.url=ws://127.0.0.1:9/ocpp"))
        try:
            starting = await hears.until("READY=1")
            await child.ready()
            living = await hears.until("WATCHDOG=1")

            child.hang_up()
            reloading = await hears.until("RELOADING=1")
            await hears.until("READY=1")

            child.process.send_signal(signal.SIGTERM)
            await hears.until("STOPPING=1")
        finally:
            status = await child.stop()

    assert set(starting) <= {"WATCHDOG=1", "READY=1"}
    assert living == ["WATCHDOG=1"]
    assert reloading[-1].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert status == 0
    verified = await run_cli("journal", "verify", "-c", str(file))  # an order, with the same credential
    assert verified.status == 0, verified


async def test_a_socket_of_systemd_is_open_while_the_service_restarts(
    template: Template, tmp_path: Path
) -> None:
    file = copy_deployment(template, tmp_path / "deployment")
    with open_socket(("127.0.0.1", 0)) as held:
        at = f"gateway.plain_listen=127.0.0.1:{held.getsockname()[1]}"
        overrides = (*OVERRIDES, at, "csms.url=ws://127.0.0.1:9/ocpp")
        for _ in range(2):
            early = await asyncio.open_connection(*held.getsockname())  # nobody accepts it yet
            child = await start_serve(file, overrides=overrides, socket_of_systemd=held)
            await child.ready()
            assert child.plain_port == held.getsockname()[1]
            assert b"HTTP/1.1 4" in await answer_on(*early)

            child.want_successor()  # gets it from the gateway that runs, not from systemd again
            await child.event("part_replaced", seconds=30)
            assert b"HTTP/1.1 4" in await answer_on(*await asyncio.open_connection(*held.getsockname()))
            assert await child.stop() == 0


async def answer_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        told = await reader.read()
    writer.close()
    return told

"""SIGHUP: chains, trust and policies are exchanged while links live."""

from __future__ import annotations

import asyncio
import re
import ssl

import pytest

from tests.fakes.certificates import Authority
from tests.journeys.deployment import (
    BITES_SECONDS,
    OPERATOR,
    OVERRIDES,
    Part,
    Template,
    World,
    certificate_login,
    eventually,
    world_of,
)
from tests.journeys.player import playing
from voltward.bootstrap.deployment import Deployment
from voltward.bootstrap.rooms import open_room
from voltward.domain.authority import Binding, TrustedFor
from voltward.domain.secret import Secret
from voltward.gateway.channel.sockets import open_socket
from voltward.ports.vault import RoomName
from voltward.settings import load_settings
from voltward.simulator.dial import Endpoint, PasswordLogin, TlsOptions, TlsVersion
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import words
from voltward.usecases.trust.trust_authority import TrustOrder, trust_authority

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]


async def test_new_server_certificates_and_new_trust_come_while_links_live(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("reload")) as world:
        part, newcomer = world.take(2), world.take(3)
        newcomer = Part(newcomer.identity, 3, newcomer.serial)
        others = Authority.create("Partner root")
        certificate = others.issue(newcomer.serial, OPERATOR)
        next_root = Authority.create("Next server root")
        await world.is_refused(newcomer, "CERT-02", login=certificate_login(certificate))

        async with playing(world.dial(part)) as player:
            await player.boot()
            exchange_server_chain(world, next_root)
            order = TrustOrder(others.der, TrustedFor.STATIONS, Binding())
            await trust_authority(world.deployment.store, order, "journeys", world.deployment.clock)
            mark = world.gateway.mark
            world.gateway.hang_up()
            await world.gateway.event("settings_reloaded", since=mark)
            await asyncio.sleep(BITES_SECONDS)

            # The live link goes on; who comes now meets the new chain and the new trust.
            assert (await player.call("Heartbeat")).kind == CALL_RESULT
            assert (await world.csms.call(part.identity, "GetReport", {})).kind == CALL_RESULT
            new = TlsOptions(
                ca_pem=next_root.certificate_pem.decode(), ciphers="ECDHE-ECDSA-AES128-GCM-SHA256",
                maximum=TlsVersion.TLS_1_2,
            )  # fmt: skip
            at_new = Endpoint("127.0.0.1", world.gateway.tls_port, tls=new)
            login = certificate_login(certificate)
            async with playing(world.dial(newcomer, endpoint=at_new, login=login)) as other:
                assert (await other.boot(newcomer.serial)).kind == CALL_RESULT
            old = world.endpoint(maximum=TlsVersion.TLS_1_2, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
            outcome = await world.knock(world.take(2), endpoint=old)
            assert "connected" not in words(outcome)
            assert player.link.closing is None


async def test_a_reload_that_cannot_be_is_told_and_changes_nothing(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("bad-reload")) as world:
        good = world.settings.read_text()
        world.settings.write_text(good + '\n[group.x]\nactions = { "NO-99" = "record" }\n')
        world.gateway.hang_up()
        event = await world.gateway.event("reload_refused")
        assert "NO-99" in event["reason"]
        part = world.take(2)
        async with playing(world.dial(part)) as player:
            assert (await player.boot()).kind == CALL_RESULT

            # A renewed server certificate is shown without a reload, and takes nothing else along.
            before = await leaf_shown(world)
            (renewed,) = await world.command("ca", "server-renew", "server-ecdsa")
            assert renewed["until"] is not None

            async def is_new() -> bool:
                return await leaf_shown(world) != before

            assert await eventually(is_new)
            assert player.link.closing is None
            assert not list(world.gateway.seen("settings_reloaded"))


async def test_a_reload_brings_a_groups_new_policy(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("policy-reload")) as world:
        part = world.take(2)
        assert part.password is not None
        login = PasswordLogin(part.password, username="fixed-by-the-vendor")
        await world.is_refused(part, "ID-04", login=login)
        with world.settings.open("a") as file:
            file.write('\n[group.default]\nactions = { "ID-04" = "record" }\n')
        world.gateway.hang_up()
        await world.gateway.event("settings_reloaded")
        async with playing(world.dial(part, login=login)) as player:
            assert (await player.boot()).kind == CALL_RESULT


async def test_a_listener_that_moves_takes_newcomers_and_leads_the_others_out(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = [word for word in OVERRIDES if not word.startswith("gateway.listen=")]
    folder = tmp_path_factory.mktemp("moved")

    def listen_at(port: int) -> None:
        file = folder / "voltward.toml"
        text = re.sub(r'(?m)^listen = ".*:(8443|0)"$', f'listen = "127.0.0.1:{port}"', file.read_text())
        file.write_text(text)

    async def anywhere(_: Deployment) -> None:
        listen_at(0)

    async with world_of(template, folder, base=base, prepare=anywhere) as world:
        staying, leaving = world.take(1), world.take(2)
        with open_socket(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        async with playing(world.dial(staying)) as plain, playing(world.dial(leaving)) as player:
            await player.boot()
            listen_at(port)
            world.gateway.hang_up()
            event = await world.gateway.event("listener_moved")

            assert (event.subject, event["tls_port"], event["links"]) == ("tls", port, 1)
            assert (await player.closed()).code == 1001
            assert "connected" not in words(await world.knock(leaving))
            world.gateway.tls_port = port
            async with playing(world.dial(leaving)) as back:
                assert (await back.boot()).kind == CALL_RESULT
            assert (await plain.boot()).kind == CALL_RESULT


async def test_a_reload_brings_a_chain_for_a_host_name(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Stations of the old name go on as they were; those that ask for the new one see its root (ruling 5)."""
    async with world_of(template, tmp_path_factory.mktemp("host-reload")) as world:
        root = Authority.create("Second server root")
        second = root.issue("two.localhost", OPERATOR, host_names=["two.localhost"])
        room = open_room(load_settings(world.settings), RoomName.GATEWAY)
        room.put("second-ecdsa", Secret(second.key_pem))
        (room.folder / "second-ecdsa.pem").write_bytes(second.chain_pem)
        named = TlsOptions(ca_pem=root.certificate_pem.decode(), server_name="two.localhost")
        at_second = Endpoint("127.0.0.1", world.gateway.tls_port, tls=named)
        assert "connected" not in words(await world.knock(world.take(2), endpoint=at_second))

        with world.settings.open("a") as file:
            file.write('\n[gateway.host_chains]\n"two.localhost" = ["second-ecdsa"]\n')
        world.gateway.hang_up()
        await world.gateway.event("settings_reloaded")

        async with playing(world.dial(world.take(2), endpoint=at_second)) as player:
            assert (await player.boot()).kind == CALL_RESULT
        async with playing(world.dial(world.take(2))) as player:
            assert (await player.boot()).kind == CALL_RESULT


async def leaf_shown(world: World) -> bytes | None:
    """The certificate that newcomers are shown who take ECDSA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    _, writer = await asyncio.open_connection("127.0.0.1", world.gateway.tls_port, ssl=context)
    try:
        return writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()


def exchange_server_chain(world: World, root: Authority) -> None:
    """What a renewal will do: another ECDSA chain and key in the gateway's room."""
    issuing = Authority.create("Next CSMS CA", parent=root)
    issued = issuing.issue("localhost", OPERATOR, host_names=["localhost"])
    room = open_room(load_settings(world.settings), RoomName.GATEWAY)
    room.put("server-ecdsa", Secret(issued.key_pem))
    (room.folder / "server-ecdsa.pem").write_bytes(issued.chain_pem)

"""Field note 23: a station whose clock, or whose list of authorities, does not take our certificate."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tests.fakes.certificates import Authority
from tests.journeys.deployment import World, fresh_source

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


def refuse_the_server(port: int, source: str, root: Authority) -> None:
    """A handshake of a peer that knows only this root, and says so by an alert (asyncio's client does not)."""
    context = ssl.create_default_context(cadata=root.certificate_pem.decode())
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


async def test_note_23_our_certificates_hold_for_a_clock_at_the_day_of_a_firmware(world: World) -> None:
    year_ago = datetime.now(UTC) - timedelta(days=365)
    for name in ("server-ecdsa", "server-rsa"):
        (file,) = world.settings.parent.rglob(f"{name}.pem")
        for certificate in x509.load_pem_x509_certificates(file.read_bytes()):
            assert certificate.not_valid_before_utc < year_ago


async def test_note_23_a_storm_of_refusals_of_our_certificate_is_told_once_in_words(world: World) -> None:
    root, source, mark = Authority.create("Another root"), fresh_source(), world.gateway.mark
    for _ in range(3):
        await asyncio.to_thread(refuse_the_server, world.gateway.tls_port, source, root)

    await world.gateway.several(3, "tls_handshake_failed", since=mark, subject=source)
    (told,) = world.gateway.seen("our_certificate_refused", since=mark, subject=source)

    assert "does not know the authority" in told["reason"]
    await world.row("our_certificate_refused", source)
    (shown,) = [
        turned
        for turned in await world.command("posture", "server-certificate", status=1)
        if turned["source"] == source
    ]
    assert shown["reason"] == told["reason"]

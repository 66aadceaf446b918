from __future__ import annotations

import ssl  # noqa: TID251 -- what is under test speaks it
import tempfile
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from voltward.domain.secret import Secret
from voltward.simulator.dial import CertificateLogin, TlsOptions, TlsVersion
from voltward.simulator.tls_context import alert_name, client_context, server_context

ROOT = Authority.create("Root")
SERVER = ROOT.issue(common_name="localhost", host_names=["localhost"])
STATION = ROOT.issue(common_name="SN-1")


def login(issued: object = STATION) -> CertificateLogin:
    chain, key = getattr(issued, "chain_pem"), getattr(issued, "key_pem")  # noqa: B009
    return CertificateLogin(chain, Secret(key))


def test_a_link_is_held_to_the_versions_asked_for() -> None:
    context = client_context(TlsOptions(minimum=TlsVersion.TLS_1_3))
    older = client_context(TlsOptions(maximum=TlsVersion.TLS_1_2, ciphers="AES128-GCM-SHA256"))

    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert older.maximum_version is ssl.TLSVersion.TLSv1_2
    assert "AES128-GCM-SHA256" in {cipher["name"] for cipher in older.get_ciphers()}


def test_the_server_is_checked_unless_said_otherwise() -> None:
    checked = client_context(TlsOptions(ca_pem=ROOT.certificate_pem.decode()))
    careless = client_context(TlsOptions(verify=False))

    assert (checked.verify_mode, checked.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert checked.cert_store_stats()["x509_ca"] == 1
    assert (careless.verify_mode, careless.check_hostname) == (ssl.CERT_NONE, False)


def test_the_certificate_is_shown_and_its_files_are_gone() -> None:
    before = leftovers()
    client = client_context(TlsOptions(ca_pem=ROOT.certificate_pem.decode()), login())
    server = server_context(login(SERVER))
    assert leftovers() == before
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(cadata=ROOT.certificate_pem.decode())

    assert shake_hands(client, server).getpeercert(binary_form=True) == STATION.der


def test_an_alert_is_told_from_a_failure_of_our_own() -> None:
    stranger = client_context(
        TlsOptions(verify=False), login(Authority.create("Other").issue(common_name="X"))
    )
    server = server_context(login(SERVER))
    server.verify_mode = ssl.CERT_REQUIRED
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    server.load_verify_locations(cadata=ROOT.certificate_pem.decode())

    with pytest.raises(ssl.SSLError) as caught:
        shake_hands(stranger, server)
    assert alert_name(caught.value) == "unknown_ca"

    with pytest.raises(ssl.SSLError) as own:
        shake_hands(client_context(TlsOptions(ca_pem=STATION.certificate_pem.decode())), server)
    assert alert_name(own.value) is None
    assert alert_name(None) is None


def leftovers() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("voltward-*"))


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> ssl.SSLObject:
    """Until both are done; the client's failure is raised, the server's is left to its alert."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    far = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(6):
        for side in (near, far):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                if side is near:
                    raise
    return far

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.simulator.certificate_play import dial, root, stranger
from voltward.domain.secret import Secret
from voltward.simulator.dial import CertificateLogin, Dial, PasswordLogin, TlsOptions
from voltward.simulator.memory.station_memory import StationMemory, read_login
from voltward.simulator.memory.uses import AnchorUse

ED25519 = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""


def rooted(given: Dial, pem: bytes) -> Dial:
    return replace(given, endpoint=replace(given.endpoint, tls=TlsOptions(ca_pem=pem.decode())))


def test_the_first_dial_provisions_and_a_repetition_changes_nothing() -> None:
    memory, given = StationMemory(), dial()

    assert memory.provision(given)
    held = list(memory.keys.held)
    assert not memory.provision(given)
    assert memory.keys.held == held
    assert memory.trust.roots(AnchorUse.CSMS) == (root().certificate,)


def test_what_is_remembered_counts_for_more_than_a_first_dial() -> None:
    memory = StationMemory(password=Secret(b"kept from an earlier life"))

    assert not memory.provision(dial())
    assert memory.keys.held == []


def test_an_installer_who_comes_again_replaces_what_was() -> None:
    memory = StationMemory()
    memory.provision(dial())
    first = memory.keys.held[0]

    assert memory.provision(rooted(dial(), stranger().root_pem))
    assert memory.keys.held[0] != first
    assert memory.trust.roots(AnchorUse.CSMS) == (stranger().certificate,)
    assert memory.provision(replace(dial(), login=PasswordLogin(Secret(b"a password"))))
    assert memory.password == Secret(b"a password")


def test_a_login_is_read_with_its_issuers() -> None:
    login = dial().login
    assert isinstance(login, CertificateLogin)
    issued = read_login(login)

    assert issued.login == login
    with pytest.raises(TypeError):
        read_login(replace(login, key_pem=Secret(ED25519)))

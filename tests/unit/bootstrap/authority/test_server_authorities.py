from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from tests.fakes.rooms import MemoryRoom
from voltward.adapters.pki.outside.acme_provers import PageProver, RecordProver
from voltward.bootstrap.authority.server_authorities import read_acme, server_authority
from voltward.domain.errors import OperatorFault

WHOLE = ('kind="acme"', 'url="https://acme.example/directory"')
PAGE = (*WHOLE, 'listen="127.0.0.1:8080"')


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[operator]\nname = "Example CPO"\n')
    (tmp_path / "hook").touch()
    (tmp_path / "hmac").write_text("c2VjcmV0\n")
    (tmp_path / "hmac").chmod(0o600)
    return Site(tmp_path)


def test_a_table_says_how_names_are_proven(plain: Site) -> None:
    page = read_acme(plain.settings(*_table(PAGE)), "public")
    record = read_acme(plain.settings(*_table((*WHOLE, 'dns_program="hook"'))), "public")

    assert page.prover == PageProver("127.0.0.1", 8080)
    assert record.prover == RecordProver(plain.folder / "hook")


def test_a_customer_is_known_by_the_key_that_it_was_given(plain: Site) -> None:
    terms = read_acme(plain.settings(*_table((*PAGE, 'user="kid-1"', 'password="file:hmac"'))), "public")

    assert terms.outside is not None
    assert (terms.outside.name, terms.outside.key.reveal()) == ("kid-1", b"secret")


def test_the_account_has_one_key_for_each_authority(plain: Site) -> None:
    room = MemoryRoom()
    settings = plain.settings(*_table(PAGE), *_table(PAGE, "other"))

    for name in ("public", "public", "other"):
        server_authority(settings, name, room)

    assert room.names() == ("acme.public", "acme.other")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (WHOLE, "one way to prove"),
        ((*PAGE, 'dns_program="hook"'), "one way to prove"),
        ((*WHOLE, 'dns_program="nowhere"'), "no such program"),
        ((*PAGE, 'listen="port 80"'), "no address to listen on"),
        ((*PAGE, 'url="http://acme.example"'), "TLS alone"),
        ((*PAGE, 'contact=["nobody"]'), "no mail address"),
        ((*PAGE, 'profile="x"'), "does nothing with profile"),
        ((*PAGE, 'user="kid-1"'), "user and password"),
        ((*PAGE, 'timeout="20 min"'), "out of bounds"),
        (('kind="est"', 'url="https://ca.example"'), "for stations alone"),
    ],
)
def test_a_table_that_cannot_be_carried_out_is_told(plain: Site, said: tuple[str, ...], words: str) -> None:
    with pytest.raises(OperatorFault, match=words):
        read_acme(plain.settings(*_table(said)), "public")


def test_a_name_that_is_none_is_told(plain: Site) -> None:
    with pytest.raises(OperatorFault, match="lower-case"):
        read_acme(plain.settings(*_table(PAGE, "Public")), "Public")
    with pytest.raises(OperatorFault, match="no authority"):
        read_acme(plain.settings(), "public")


def _table(said: tuple[str, ...], name: str = "public") -> tuple[str, ...]:
    return tuple(f"authority.{name}.{each}" for each in said)

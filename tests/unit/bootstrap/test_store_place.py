from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from voltward.adapters.sql.engines.access import StoreAccess, StoreTls
from voltward.bootstrap.store_place import store_access, store_file, store_url
from voltward.domain.errors import OperatorFault, OutsideFault

SERVER = "store.url=postgresql://volt@db.example/registry"


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("sqlite:///voltward.db", "voltward.db"),
        ("sqlite:///data/v.db", "data/v.db"),
        ("sqlite:////var/v.db", "/var/v.db"),
    ],
)
def test_a_relative_file_stands_beside_the_settings(site: Site, url: str, where: str) -> None:
    settings = site.settings(f"store.url={url}")

    assert store_url(settings) == f"sqlite:///{Path(site.folder, where)}"
    assert store_file(settings) == Path(site.folder, where)


def test_a_server_keeps_no_file_here(site: Site) -> None:
    assert store_url(site.settings(SERVER)) == "postgresql://volt@db.example/registry"
    assert store_file(site.settings(SERVER)) is None


@pytest.mark.parametrize("url", ["mysql://volt:hunter2@db/x", "voltward.db"])
def test_another_store_is_refused_with_the_mend(site: Site, url: str) -> None:
    with pytest.raises(OperatorFault, match="names no store") as caught:
        store_url(site.settings(f"store.url={url}"))
    assert "sqlite:///" in caught.value.mend
    assert "hunter2" not in str(caught.value)


def test_a_password_in_the_url_is_refused(site: Site) -> None:
    with pytest.raises(OperatorFault, match=r"a password stands in store\.url"):
        store_url(site.settings("store.url=postgresql://volt:hunter2@db/x"))


def test_password_and_authorities_are_read_from_where_the_settings_point(site: Site) -> None:
    password = site.folder / "store.password"
    password.write_text("hunter2\n")
    password.chmod(0o600)
    (site.folder / "db-ca.pem").write_text("a certificate")

    access = store_access(
        site.settings(SERVER, "store.password=file:store.password", "store.ca=db-ca.pem", "store.tls=require")
    )

    assert access.password is not None
    assert access.password.reveal() == b"hunter2"
    assert (access.tls, access.authorities_pem) == (StoreTls.REQUIRE, "a certificate")


def test_a_store_in_a_file_reads_nothing_else(site: Site) -> None:
    assert store_access(site.settings("store.password=file:gone", "store.ca=gone.pem")) == StoreAccess()


def test_what_is_not_there_is_told(site: Site) -> None:
    with pytest.raises(OutsideFault, match="gone"):
        store_access(site.settings(SERVER, "store.password=file:gone"))
    with pytest.raises(OutsideFault, match=r"gone\.pem: .*Check store\.ca"):
        store_access(site.settings(SERVER, "store.ca=gone.pem"))


def test_only_known_words_say_what_tls_shall_be(site: Site) -> None:
    with pytest.raises(OperatorFault, match=r"store\.tls"):
        site.settings(SERVER, "store.tls=prefer")

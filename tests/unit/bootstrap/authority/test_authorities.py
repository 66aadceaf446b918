from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from tests.fakes.builders import station
from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock
from tests.fakes.deployments import Site
from voltward.adapters.pki.outside.outside_authority import OutsideAuthority
from voltward.adapters.pki.signer.signer_client import SignerClient
from voltward.bootstrap.authority.authorities import (
    ChosenAuthorities,
    authorities_in_use,
    orders_over,
    outside_authority,
)
from voltward.domain.errors import OperatorFault

EST = ('authority.corp.kind="est"', 'authority.corp.url="https://ca.example"')
CMP = (
    'authority.corp.kind="cmp"',
    'authority.corp.url="http://ca.example/cmp"',
    'authority.corp.user="ref"',
    'authority.corp.password="file:secret"',
    'authority.corp.issuer="/CN=Issuing"',
)
STEP_CA = (
    'authority.corp.kind="step-ca"',
    'authority.corp.url="https://ca.example"',
    'authority.corp.user="voltward"',
    'authority.corp.key="file:jwk"',
)
VAULT = (
    'authority.corp.kind="vault"',
    'authority.corp.url="https://vault.example"',
    'authority.corp.user="role"',
    'authority.corp.password="file:secret"',
    'authority.corp.profile="stations"',
)
ACME = ('authority.corp.kind="acme"', 'authority.corp.url="https://acme.example/directory"')
EJBCA = (
    'authority.corp.kind="ejbca"',
    'authority.corp.url="https://ejbca.example"',
    'authority.corp.certificate="ra.pem"',
    'authority.corp.key="file:ra.key"',
    'authority.corp.issuer="Issuing"',
    'authority.corp.profile="STATION"',
    'authority.corp.entity_profile="STATIONS"',
)


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[operator]\nname = "Example CPO"\n')
    corporate = Authority.create("Corporate")
    shown = corporate.issue("voltward-ra")
    (tmp_path / "ca.pem").write_bytes(corporate.certificate_pem)
    (tmp_path / "ra.pem").write_bytes(shown.chain_pem)
    jwk = json.dumps(ECKey.generate_key("P-256").as_dict(private=True)).encode()
    for name, secret in {"secret": b"correct horse\n", "ra.key": shown.key_pem, "jwk": jwk}.items():
        (tmp_path / name).write_bytes(secret)
        (tmp_path / name).chmod(0o600)
    return Site(tmp_path)


def test_each_group_has_its_own_authority_and_the_others_have_that_of_all(plain: Site) -> None:
    settings = plain.settings(*EST, 'group.depot.authority="corp"', 'group.street.boot_retry="30 s"')

    choice = ChosenAuthorities(settings, FakeClock())

    assert isinstance(choice.named(choice.name_for(station(group="depot"))), OutsideAuthority)
    assert isinstance(choice.named(choice.name_for(station(group="street"))), SignerClient)
    assert isinstance(choice.named(choice.name_for(station())), SignerClient)


def test_a_group_may_keep_the_signer_where_all_others_are_signed_for_outside(plain: Site) -> None:
    settings = plain.settings(*EST, 'certificates.authority="corp"', 'group.lab.authority="signer"')

    choice = ChosenAuthorities(settings, FakeClock())

    assert authorities_in_use(settings) == ["corp"]
    assert isinstance(choice.named(choice.name_for(station(group="lab"))), SignerClient)
    assert isinstance(choice.named(choice.name_for(station())), OutsideAuthority)


def test_an_authority_that_no_group_has_any_more_is_found_by_its_name(plain: Site) -> None:
    choice = ChosenAuthorities(plain.settings(*EST), FakeClock())

    assert choice.name_for(station()) == "signer"
    assert isinstance(choice.named("corp"), OutsideAuthority)


@pytest.mark.parametrize("said", [EST, CMP, STEP_CA, VAULT, EJBCA])
def test_a_table_that_is_whole_makes_an_authority(plain: Site, said: tuple[str, ...]) -> None:
    assert isinstance(outside_authority(plain.settings(*said), "corp", FakeClock()), OutsideAuthority)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((*EST, 'authority.corp.url="http://ca.example"'), "TLS alone"),
        ((*EST, 'authority.corp.url="https://me:secret@ca.example"'), "no address"),
        ((*EST, 'authority.corp.url="ca.example"'), "no address"),
        ((*EST, 'authority.corp.user="me"'), "user and password"),
        ((*EST, 'authority.corp.certificate="ca.pem"'), "certificate and key"),
        ((*EST, 'authority.corp.timeout="10 min"'), "out of bounds"),
        ((*CMP, 'authority.corp.issuer=""'), "needs issuer"),
        ((*CMP, 'authority.corp.url="https://ca.example"'), "https:// with ca"),
        ((*CMP, 'authority.corp.password=""', 'authority.corp.user=""'), "needs user and password"),
        ((*CMP, 'authority.corp.certificate="ca.pem"'), "does nothing with certificate"),
        ((*STEP_CA, 'authority.corp.key="file:secret"'), "no private elliptic JWK"),
        ((*VAULT, 'authority.corp.profile=""'), "needs profile"),
        ((*VAULT, 'authority.corp.url="http://vault.example"'), "TLS alone"),
        ((*EJBCA, 'authority.corp.certificate=""'), "needs certificate"),
    ],
)
def test_a_table_that_cannot_be_carried_out_is_told(plain: Site, said: tuple[str, ...], words: str) -> None:
    with pytest.raises(OperatorFault, match=words):
        outside_authority(plain.settings(*said), "corp", FakeClock())


def test_an_acme_authority_is_not_for_stations(plain: Site) -> None:
    with pytest.raises(OperatorFault, match="for servers, not for stations"):
        ChosenAuthorities(plain.settings(*ACME, 'certificates.authority="corp"'), FakeClock())


def test_a_name_without_a_table_is_told(plain: Site) -> None:
    with pytest.raises(OperatorFault, match="no authority 'elsewhere'"):
        ChosenAuthorities(plain.settings('certificates.authority="elsewhere"'), FakeClock())


def test_orders_are_not_forgotten_before_a_backup_may_be_brought_back(plain: Site) -> None:
    assert orders_over(plain.settings()).kept == timedelta(days=400)
    with pytest.raises(OperatorFault, match="too shortly"):
        orders_over(plain.settings('certificates.keep_orders="29 d"'))

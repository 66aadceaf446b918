from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.signers import SignerSite, authority_id, hierarchy
from voltward.adapters.pki.signer.authority_shelf import own_stations_authorities, read_shelf, split_name
from voltward.crypto.issuing.hierarchy import Family, Role
from voltward.crypto.keys import PrivateKey, PublicKey
from voltward.domain.errors import OutsideFault
from voltward.ports.signer import KeyPlace


@pytest.fixture
def site(tmp_path: Path) -> SignerSite:
    return SignerSite(tmp_path).make()


def public(site: SignerSite, name: str) -> Path:
    return site.folder / "public" / f"{name}.pem"


def test_all_authorities_stand_there_with_their_chains_up_to_the_root(site: SignerSite) -> None:
    shelf = site.shelf()

    assert set(shelf) == set(hierarchy().named())
    stations = shelf["stations-ca-rsa"]
    assert (stations.role, stations.family, stations.generation) == (Role.STATIONS, Family.RSA, 1)
    assert stations.chain == (hierarchy().rsa.stations.certificate, hierarchy().rsa.root.certificate)
    assert stations.id == authority_id(stations.certificate)
    assert stations.key_place is KeyPlace.ROOM
    assert stations.issuing is not None


def test_other_files_beside_them_are_passed_over(site: SignerSite) -> None:
    (site.folder / "public" / "roots.pem").write_bytes(hierarchy().roots_pem)
    (site.folder / "public" / "journal-signing.pem").write_bytes(b"a public key")

    assert set(site.shelf()) == set(hierarchy().named())


def test_an_authority_whose_key_is_kept_elsewhere_signs_nothing(site: SignerSite) -> None:
    (site.folder / "signer" / "root-ecdsa.sealed").unlink()

    root = site.shelf()["root-ecdsa"]

    assert (root.key_place, root.issuing) == (KeyPlace.ELSEWHERE, None)


def test_a_key_may_be_in_a_token(site: SignerSite) -> None:
    (site.folder / "signer" / "root-ecdsa.sealed").unlink()
    key = hierarchy().ecdsa.root.key

    def find(public_key: PublicKey) -> PrivateKey | None:
        return key if public_key == key.public_key() else None

    root = read_shelf(site.folder / "public", site.room, find)["root-ecdsa"]

    assert (root.key_place, root.key) == (KeyPlace.TOKEN, key)


def test_a_certificate_of_another_key_is_told(site: SignerSite) -> None:
    public(site, "root-ecdsa").write_bytes(Authority.create("Somebody").certificate_pem)

    with pytest.raises(OutsideFault, match="does not belong to its key"):
        site.shelf()


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_a_damaged_file_is_told(site: SignerSite, content: bytes) -> None:
    public(site, "root-ecdsa").write_bytes(content)

    with pytest.raises(OutsideFault, match="backup"):
        site.shelf()


def test_a_chain_of_a_corporate_pki_is_kept_as_its_file_has_it(site: SignerSite) -> None:
    corporate = Authority.create("Corporate root")
    middle = Authority.create("Corporate issuing", parent=corporate)
    below = Authority.create("Stations", key=hierarchy().ecdsa.stations.key, parent=middle)
    links = (below.certificate_pem, middle.certificate_pem, corporate.certificate_pem)
    public(site, "stations-ca-ecdsa").write_bytes(b"".join(links))

    chain = site.shelf()["stations-ca-ecdsa"].chain

    assert chain == (below.certificate, middle.certificate, corporate.certificate)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("root-ecdsa", (Role.ROOT, "ecdsa", 1)),
        ("csms-ca-rsa.2", (Role.CSMS, "rsa", 2)),
        ("stations-ca-ecdsa.12", (Role.STATIONS, "ecdsa", 12)),
        ("firmware-ca", (Role.FIRMWARE, "", 1)),
        ("roots", None),
        ("root-ecdsa.1", None),
        ("root-dsa", None),
        ("journal-signing", None),
    ],
)
def test_names_say_role_family_and_generation(name: str, parts: tuple[Role, str, int] | None) -> None:
    assert split_name(name) == parts


def test_our_authorities_for_stations_are_found_by_their_certificates(site: SignerSite) -> None:
    own = own_stations_authorities(site.folder / "public")

    assert own == [hierarchy().ecdsa.stations.der, hierarchy().rsa.stations.der]
    assert own_stations_authorities(site.folder / "nowhere") == []

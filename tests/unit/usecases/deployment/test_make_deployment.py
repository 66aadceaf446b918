from __future__ import annotations

import base64
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from OpenSSL.crypto import X509, X509Store, X509StoreContext

from tests.fakes.chance import CountedTokens
from tests.fakes.pooled_keys import PooledKeys
from voltward.adapters.deployment_site import deployment_sites
from voltward.adapters.vault import Room, read_server_chain
from voltward.crypto.keys import read_private_key
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.tokens.enrolments import enrolment_digest
from voltward.domain.authority import TrustedFor
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.operator import Role
from voltward.domain.secret import Secret
from voltward.ports.vault import DeploymentSite, GatewayKey, Unlock, UnlockKind
from voltward.settings import load_settings
from voltward.usecases.deployment.deployment_plan import ChosenUnlock, DeploymentPlan
from voltward.usecases.deployment.make_deployment import DeploymentMade, make_deployment

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
CHANCE = CountedTokens()
SITES = deployment_sites(CHANCE, FOR_TESTS)
KEYS = PooledKeys()
PLAN = DeploymentPlan(
    folder=Path("unused"),
    operator_name='Größe & "Söhne" 株式会社 😀',
    hosts=("csms.example", "127.0.0.1"),
    csms_url="ws://127.0.0.1:9000/ocpp/{station}",
    administrator="you@example.org",
)
SIGNER_KEYS = ["csms-ca-ecdsa", "csms-ca-rsa", "firmware-ca", "root-ecdsa", "root-rsa"]


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DeploymentMade:
    plan = replace(PLAN, folder=tmp_path_factory.mktemp("made") / "deployment")
    return make_deployment(plan, SITES, StoppedClock(), CHANCE, KEYS)


def opened(made: DeploymentMade, name: str) -> Room:
    unlock = Secret((made.folder / name / "unlock.key").read_bytes())
    return Room.open(made.folder / name, name, unlock, CHANCE)


def certificate(made: DeploymentMade, path: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((made.folder / path).read_bytes())


# -- settings


def test_the_settings_say_what_was_told_and_the_defaults(made: DeploymentMade) -> None:
    table = tomllib.loads(made.settings.read_text(encoding="utf-8"))
    assert table["operator"]["name"] == PLAN.operator_name
    assert table["csms"]["url"] == PLAN.csms_url
    assert table["store"]["url"] == "sqlite:///voltward.db"
    assert table["bus"]["url"] == "local"
    assert table["gateway"]["listen"] == "0.0.0.0:8443"
    assert table["gateway"]["path"] == "/ocpp/{station}"
    assert table["portal"]["listen"] == "127.0.0.1:8080"
    assert table["metrics"]["listen"] == "127.0.0.1:9464"
    assert table["keys"] == {
        "gateway_unlock": "file:gateway/unlock.key",
        "signer_unlock": "file:signer/unlock.key",
    }


def test_the_settings_are_taken_by_whoever_reads_them(made: DeploymentMade) -> None:
    settings = load_settings(made.settings)
    assert settings.operator.name == PLAN.operator_name
    assert settings.csms.url == PLAN.csms_url
    assert settings.gateway.plain_listen == ""
    assert [read_server_chain(opened(made, "gateway"), name) for name in settings.gateway.chains]


# -- rooms


def test_the_gateways_room_holds_what_the_gateway_needs(made: DeploymentMade) -> None:
    room = opened(made, "gateway")
    assert set(room.names()) == {*GatewayKey, "server-ecdsa", "server-rsa"}
    secrets = [room.get(key).reveal() for key in GatewayKey]
    assert all(len(secret) == 32 for secret in secrets)
    assert len(set(secrets)) == len(secrets)


def test_the_signers_room_holds_the_authorities_keys_and_no_other_room_does(made: DeploymentMade) -> None:
    room = opened(made, "signer")
    assert list(room.names()) == [*SIGNER_KEYS, "stations-ca-ecdsa", "stations-ca-rsa"]
    for name in room.names():
        public = certificate(made, f"public/{name}.pem").public_key()
        assert read_private_key(room.get(name)).public_key() == public
    with pytest.raises(OutsideFault):
        opened(made, "gateway").get("root-ecdsa")


def test_one_rooms_key_does_not_open_the_other(made: DeploymentMade) -> None:
    unlock = Secret((made.folder / "gateway" / "unlock.key").read_bytes())
    with pytest.raises(OperatorFault):
        Room.open(made.folder / "signer", "signer", unlock, CHANCE)


def test_no_key_lies_open_but_the_unlocks(made: DeploymentMade) -> None:
    secrets = [
        room.get(name).reveal()
        for room in map(opened, [made] * 2, ["gateway", "signer"])
        for name in room.names()
    ]
    files = [file for file in made.folder.rglob("*") if file.is_file() and file.name != "unlock.key"]
    assert len(files) > 20
    assert len(secrets) == 16
    for octets in (file.read_bytes() for file in files):
        assert b"PRIVATE KEY" not in octets
        for secret in secrets:
            forms = (secret, secret.hex().encode(), base64.b64encode(secret))
            assert not any(form in octets for form in forms)
        assert made.token.reveal() not in octets


def test_the_journals_public_key_is_there_for_auditors(made: DeploymentMade) -> None:
    public = load_pem_public_key((made.folder / "public/journal-signing.pem").read_bytes())
    seed = opened(made, "gateway").get(GatewayKey.JOURNAL_SIGNING)
    assert public == Ed25519PrivateKey.from_private_bytes(seed.reveal()).public_key()


@pytest.mark.parametrize(
    ("reference", "unlock"),
    [
        ("env:GATEWAY_PASSPHRASE", Unlock(Secret(b"correct horse"), UnlockKind.PASSPHRASE)),
        ("credential:gateway", Unlock(Secret(b"\xee" * 32), UnlockKind.KEY)),
    ],
)
def test_a_chosen_unlock_is_referred_to_and_never_written(
    tmp_path: Path, reference: str, unlock: Unlock
) -> None:
    plan = replace(PLAN, folder=tmp_path / "deployment", gateway_unlock=ChosenUnlock(reference, unlock))
    made = make_deployment(plan, SITES, StoppedClock(), CHANCE, KEYS)
    assert load_settings(made.settings).keys.gateway_unlock == reference
    assert not (made.folder / "gateway" / "unlock.key").exists()
    assert (made.folder / "signer" / "unlock.key").exists()
    assert Room.open(made.folder / "gateway", "gateway", unlock.secret, CHANCE).names()
    for file in (file for file in made.folder.rglob("*") if file.is_file()):
        assert unlock.secret.reveal() not in file.read_bytes()


# -- certificates


@pytest.mark.parametrize("family", ["ecdsa", "rsa"])
def test_openssl_takes_the_server_chain_with_the_root_that_stations_get(
    made: DeploymentMade, family: str
) -> None:
    chain = x509.load_pem_x509_certificates((made.folder / f"gateway/server-{family}.pem").read_bytes())
    store = X509Store()
    for root in x509.load_pem_x509_certificates(made.roots[0].read_bytes()):
        store.add_cert(X509.from_cryptography(root))
    store.set_time(NOW)
    leaf, *between = [X509.from_cryptography(link) for link in chain]
    X509StoreContext(store, leaf, between).verify_certificate()
    assert chain[0].subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "csms.example"


def test_every_authority_is_published_and_the_paths_of_the_roots_are_told(made: DeploymentMade) -> None:
    names = {file.name for file in (made.folder / "public").iterdir()}
    assert names == {
        "roots.pem",
        "journal-signing.pem",
        *(f"{name}.pem" for name in opened(made, "signer").names()),
    }
    assert [path.name for path in made.roots] == ["roots.pem", "root-ecdsa.pem", "root-rsa.pem"]
    assert all(path.is_file() for path in made.roots)


def test_stations_are_trusted_by_their_own_cas_and_not_by_the_root(made: DeploymentMade) -> None:
    for authority, family in zip(made.authorities, ("ecdsa", "rsa"), strict=True):
        published = certificate(made, f"public/stations-ca-{family}.pem")
        assert x509.load_pem_x509_certificate(authority.certificate_pem) == published
        assert authority.trusted_for is TrustedFor.STATIONS
        assert authority.added_at == NOW
        assert authority.id == _fingerprint(published)


def _fingerprint(one: x509.Certificate) -> str:
    return fingerprint(one.public_bytes(Encoding.DER)).hex()


# -- people


def test_the_first_administrator_gets_a_token_that_is_kept_as_a_digest(made: DeploymentMade) -> None:
    assert (made.administrator.name, made.administrator.role) == ("you@example.org", Role.ADMINISTRATOR)
    assert made.enrolment.token_digest == enrolment_digest(made.token)
    assert made.enrolment.not_after == NOW + timedelta(hours=72)
    assert made.enrolment.used_at is None


# -- all or nothing


def test_an_impossible_plan_touches_nothing(tmp_path: Path) -> None:
    plan = replace(PLAN, folder=tmp_path / "deployment", hosts=("*.example",))
    with pytest.raises(OperatorFault):
        make_deployment(plan, SITES, StoppedClock(), CHANCE, KEYS)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_before_keys_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "voltward.toml").write_text("mine")
    with pytest.raises(OperatorFault, match="not an empty folder"):
        make_deployment(replace(PLAN, folder=tmp_path), SITES, StoppedClock(), CHANCE, KEYS)
    assert [path.name for path in tmp_path.iterdir()] == ["voltward.toml"]


def test_a_disk_that_fails_at_the_last_file_leaves_nothing(tmp_path: Path) -> None:
    class FullAtTheEnd:
        """A site whose disk is full when the settings are to be written."""

        def __init__(self, site: DeploymentSite) -> None:
            self.room = site.room
            self._write = site.write

        def write(self, path: str, content: bytes, *, private: bool = False) -> None:
            if path.endswith(".toml"):
                raise OutsideFault("cannot be written: no space left.")
            self._write(path, content, private=private)

    @contextmanager
    def full(folder: Path) -> Iterator[DeploymentSite]:
        with SITES(folder) as site:
            yield FullAtTheEnd(site)

    with pytest.raises(OutsideFault):
        make_deployment(replace(PLAN, folder=tmp_path / "deployment"), full, StoppedClock(), CHANCE, KEYS)
    assert list(tmp_path.iterdir()) == []

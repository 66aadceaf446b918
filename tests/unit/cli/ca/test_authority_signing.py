"""A deployment below somebody else's root, from `init` to a server that stations can check."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.certificates import Authority
from tests.fakes.corporate_pki import CorporatePki
from tests.unit.cli.conftest import Shell
from voltward.crypto.reading.pem import read_pem_bundle

INIT = (
    "init", "d", "--operator-name", "Example CPO", "--host", "csms.example",
    "--csms", "ws://127.0.0.1:9/ocpp", "--admin", "you@example.org",
)  # fmt: skip
CHECK = (
    "settings", "check", "-c", "d/voltward.toml",
    "--set", "gateway.listen=127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0",
)  # fmt: skip
WAITING = {"csms-ca-ecdsa", "csms-ca-rsa", "stations-ca-ecdsa", "stations-ca-rsa"}


@pytest.fixture
def below(bare: Shell) -> Shell:
    """A deployment that waits for its authorities' certificates."""
    bare.done(*INIT, "--sub-ca-csr")
    return bare


@pytest.fixture
def offline(bare: Shell) -> Path:
    made = bare.done("ca", "root", "--offline", "vault", "--operator-name", "Example CPO")
    assert "Keep vault/root/unlock.key apart" in made.out
    return bare.folder / "vault"


def requests(folder: Path) -> list[str]:
    return [str(path) for path in sorted((folder / "d" / "public").glob("*.csr"))]


def verified(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    chain = folder / "d" / "gateway" / f"{name}.pem"
    return subprocess.run(  # noqa: S603 - fixed arguments
        ["openssl", "verify", "-CAfile", "d/public/roots.pem", "-untrusted", str(chain), str(chain)],  # noqa: S607
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_until_they_come_back_the_check_says_what_is_missing(below: Shell) -> None:
    assert {Path(path).stem for path in requests(below.folder)} == WAITING
    assert not list((below.folder / "d" / "public").glob("root*"))
    assert not list((below.folder / "d" / "signer").glob("root*"))

    found = below(*CHECK)

    assert found.status == 1
    for name in WAITING:
        assert f"{name} has no certificate yet" in found.out
    assert "server-ecdsa: the gateway has no certificate yet" in found.out
    assert "root keys" not in found.out


def test_a_root_made_offline_certifies_them_and_stations_can_check_the_servers(
    below: Shell, offline: Path
) -> None:
    below.done("ca", "root", "--offline", "vault", "--sign", *requests(below.folder), "--to", "back")

    told = below.done(
        "ca", "install", *(str(path) for path in sorted((below.folder / "back").iterdir())),
        "-c", "d/voltward.toml", "--json",
    ).json  # fmt: skip

    assert set(told["authorities"]) == WAITING
    assert told["servers"] == ["server-ecdsa", "server-rsa"]
    assert told["waiting"] == []
    for name in told["servers"]:
        assert verified(below.folder, name).returncode == 0, verified(below.folder, name).stderr
    roots = read_pem_bundle((below.folder / "d" / "public" / "roots.pem").read_bytes())
    made = [(offline / "public" / f"root-{family}.pem").read_bytes() for family in ("ecdsa", "rsa")]
    assert roots == [der for pem in made for der in read_pem_bundle(pem)]
    shown = below.done("ca", "show", "-c", "d/voltward.toml", "--json").json
    assert len(shown["authorities"]) == 2
    assert {one["name"]: one["issued"] for one in shown["own"]}["csms-ca-rsa"] == 1
    assert "no certificate yet" not in below(*CHECK).out
    below.done("ca", "server-renew", "-c", "d/voltward.toml")
    assert verified(below.folder, "server-rsa").returncode == 0


def test_a_corporate_pki_with_an_intermediate_may_certify_one_family(below: Shell) -> None:
    folder = below.folder
    corporate = CorporatePki.create(folder / "corporate", "Corporate")
    ours = (folder / "d" / "public" / f"{name}.csr" for name in ("csms-ca-ecdsa", "stations-ca-ecdsa"))
    install = ("ca", "install", *corporate.sign(ours))

    without_root = below(*install, "corporate/middle.pem", "-c", "d/voltward.toml")
    assert without_root.status == 2
    assert "not at a root" in without_root.err
    assert len(requests(folder)) == 4
    told = below.done(*install, corporate.above, "-c", "d/voltward.toml", "--json").json

    assert set(told["waiting"]) == {"csms-ca-rsa", "stations-ca-rsa"}
    assert "server-ecdsa" in told["servers"]
    assert verified(folder, "server-ecdsa").returncode == 0
    assert len(read_pem_bundle((folder / "d" / "gateway" / "server-ecdsa.pem").read_bytes())) == 3


def test_a_server_comes_home_to_its_own_family_when_that_has_come(below: Shell, offline: Path) -> None:
    folder = below.folder
    below.done("ca", "root", "--offline", str(offline), "--sign", *requests(folder), "--to", "back")
    install = ("ca", "install", "-c", "d/voltward.toml", "--json")
    for family in ("ecdsa", "rsa"):
        back = [f"back/{role}-ca-{family}.pem" for role in ("csms", "stations")]
        told = below.done(*install, *back).json
        assert "server-rsa" in told["servers"]

    issuer = x509.load_pem_x509_certificate((folder / "d" / "gateway" / "server-rsa.pem").read_bytes()).issuer
    assert "CSMS CA RSA" in issuer.rfc4514_string()
    assert verified(folder, "server-rsa").returncode == 0


def test_certificates_that_answer_no_request_are_refused(below: Shell) -> None:
    (below.folder / "other.pem").write_bytes(Authority.create("Somebody").certificate_pem)

    ran = below("ca", "install", "other.pem", "-c", "d/voltward.toml")

    assert ran.status == 2
    assert "none of these certificates" in ran.err
    assert below("ca", "install", "-c", "d/voltward.toml").status == 2


def test_a_certificate_that_is_no_authoritys_is_refused(below: Shell) -> None:
    root = Authority.create("Corporate root")
    csr = x509.load_pem_x509_csr((below.folder / "d" / "public" / "stations-ca-ecdsa.csr").read_bytes())
    now = datetime.now(UTC)  # noqa: TID251 - a certificate of today
    leaf = (
        x509.CertificateBuilder().subject_name(csr.subject).issuer_name(root.certificate.subject)
        .public_key(csr.public_key()).serial_number(7).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1)).sign(root.key, hashes.SHA256())
    )  # fmt: skip
    (below.folder / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM) + root.certificate_pem)

    ran = below("ca", "install", "leaf.pem", "-c", "d/voltward.toml")

    assert ran.status == 2
    assert "cannot be an authority's" in ran.err


def test_an_offline_root_opens_with_its_unlock_alone(below: Shell, offline: Path) -> None:
    shutil.copy(offline / "root" / "unlock.key", below.folder / "kept.key")
    (offline / "root" / "unlock.key").unlink()
    sign = ("ca", "root", "--offline", "vault", "--sign", *requests(below.folder), "--to", "back")

    assert below(*sign).status == 3
    told = below.done(*sign, "--unlock", f"file:{below.folder}/kept.key", "--json").json
    assert len(told) == 4
    assert below("ca", "root", "--offline", "vault").status == 2
    (below.folder / "not.csr").write_text("no request")
    kept = f"file:{below.folder}/kept.key"
    assert below("ca", "root", "--offline", "vault", "--sign", "not.csr", "--unlock", kept).status == 2

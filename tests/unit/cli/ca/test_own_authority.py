from __future__ import annotations

import subprocess
from pathlib import Path

from cryptography import x509

from tests.unit.cli.conftest import Shell
from voltward.crypto.reading.pem import read_pem_bundle


def leaf(folder: Path, name: str = "server-ecdsa") -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "gateway" / f"{name}.pem").read_bytes())


def test_our_own_authorities_are_shown_with_key_state_and_counts(shell: Shell) -> None:
    shell.done("ca", "server-renew")

    told = {one["name"]: one for one in shell.done("ca", "show", "--json").json["own"]}

    assert told["csms-ca-ecdsa"]["issued"] == 1
    assert (told["root-rsa"]["key"], told["root-rsa"]["state"]) == ("room", "active")
    out = shell.done("ca", "show").out
    assert "stations-ca-ecdsa" in out
    assert "file, sealed" in out


def test_a_signer_that_is_away_is_a_sentence_among_the_others(shell: Shell) -> None:
    (shell.folder / "signer").rename(shell.folder / "elsewhere")

    assert "the signer says nothing" in shell.done("ca", "show").out
    told = shell.done("ca", "show", "--json").json
    assert told["own"] == []
    assert "is not there" in told["signer"]


def test_certificates_and_chains_are_exported(shell: Shell, tmp_path: Path) -> None:
    shell.done("ca", "export", str(tmp_path / "papers"))
    shell.done("ca", "export", str(tmp_path / "der"), "--form", "der")

    chain = read_pem_bundle((tmp_path / "papers" / "stations-ca-rsa-chain.pem").read_bytes())
    root = read_pem_bundle((tmp_path / "papers" / "root-rsa.pem").read_bytes())
    assert chain[1:] == root
    assert (tmp_path / "der" / "root-rsa.cer").read_bytes() == root[0]
    told = shell.done("ca", "export", str(tmp_path / "papers"), "--json").json
    assert len(told) == 7 + 4


def test_lists_are_written_and_openssl_reads_them(shell: Shell) -> None:
    lists = shell.done("ca", "crl", "--json").json

    assert {one["authority"] for one in lists} >= {"root-ecdsa", "stations-ca-ecdsa", "stations-ca-rsa"}
    for one in lists:
        above = shell.folder / "public" / f"{one['authority']}.pem"
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["openssl", "crl", "-in", one["file"], "-inform", "DER", "-CAfile", str(above), "-noout"],  # noqa: S607
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert "verify OK" in done.stderr, done.stderr
    assert "stations-ca-rsa" in shell.done("ca", "crl", "stations-ca-rsa").out
    assert shell("ca", "crl", "root-dsa").status == 2


def test_server_certificates_are_renewed_for_the_same_names(shell: Shell) -> None:
    before = leaf(shell.folder)

    told = shell.done("ca", "server-renew", "--json").json

    assert [(one["name"], one["hosts"]) for one in told] == [
        ("server-ecdsa", ["csms.example"]),
        ("server-rsa", ["csms.example"]),
    ]
    assert leaf(shell.folder).serial_number != before.serial_number
    assert leaf(shell.folder).public_key() != before.public_key()
    assert "server_certificate_renewed" in shell.done("journal", "tail").out
    for family in ("ecdsa", "rsa"):
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [  # noqa: S607
                "openssl", "verify", "-CAfile", "public/roots.pem",
                "-untrusted", f"gateway/server-{family}.pem", f"gateway/server-{family}.pem",
            ],
            cwd=shell.folder, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_server_certificates_may_get_other_names(shell: Shell) -> None:
    shell.done("ca", "server-renew", "--host", "new.example", "--host", "192.0.2.7")

    (told, _) = shell.done("ca", "server-renew", "--json").json
    assert told["hosts"] == ["new.example", "192.0.2.7"]


def test_a_chain_of_somebody_else_is_left_alone(shell: Shell) -> None:
    path = shell.folder / "gateway" / "server-ecdsa.pem"
    path.write_bytes(
        path.read_bytes().split(b"-----END CERTIFICATE-----\n")[0] + b"-----END CERTIFICATE-----\n"
    )
    before = path.read_bytes()

    out = shell.done("ca", "server-renew").out

    assert "left as it is" in out
    assert path.read_bytes() == before


def test_a_lost_ledger_is_given_up_by_an_order_alone(shell: Shell) -> None:
    shell.done("ca", "server-renew")
    (shell.folder / "signer" / "ledger.log").unlink()

    refused = shell("ca", "server-renew")
    assert refused.status == 3
    assert "accept-loss" in refused.err
    assert shell("ca", "ledger").status == 2
    assert shell.done("ca", "ledger", "--accept-loss", "--json").json == {"records": 0, "damaged": None}
    shell.done("ca", "server-renew")


def test_the_chain_of_a_host_name_keeps_its_own_names(shell: Shell) -> None:
    by_host = (
        "--set",
        'gateway.chains=["server-ecdsa"]',
        "--set",
        'gateway.host_chains={"b.x"=["server-rsa"]}',
    )

    told = shell.done("ca", "server-renew", "--host", "new.example", "--json", *by_host).json

    assert [(one["name"], "new.example" in one["hosts"]) for one in told] == [
        ("server-ecdsa", True),
        ("server-rsa", False),
    ]

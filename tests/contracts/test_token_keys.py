"""Keys in a token: a module reads its configuration once in a process, so each story has a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.corporate_pki import CorporatePki
from tests.fakes.tokens import LABEL, SoftToken, soft_token

SEE = """
import pkcs11, sys
session = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2]).open(user_pin=sys.argv[3])
keys = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
print(sorted((k.label, k[pkcs11.Attribute.EXTRACTABLE], k[pkcs11.Attribute.SENSITIVE]) for k in keys))
"""


@pytest.fixture
def token(tmp_path: Path) -> Iterator[SoftToken]:
    (tmp_path / "hsm").mkdir()
    with soft_token(tmp_path / "hsm") as made:
        put_pin(tmp_path, pin_of(made))
        yield made


def pin_of(token: SoftToken) -> str:
    return token.pin_file.read_text().strip()


def put_pin(folder: Path, pin: str) -> None:
    """Where the settings point to, closed to others."""
    (folder / "pin").write_text(pin)
    (folder / "pin").chmod(0o600)


def voltward(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "voltward", *words],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def init(folder: Path, token: SoftToken, *more: str, label: str = LABEL) -> subprocess.CompletedProcess[str]:
    return voltward(
        folder,
        "init", "d", "--operator-name", "Example CPO", "--host", "csms.example",
        "--csms", "ws://127.0.0.1:9/ocpp", "--admin", "you@example.org",
        "--pkcs11", str(token.module), "--token", label, "--pin", f"file:{folder}/pin", *more,
    )  # fmt: skip


def test_authorities_keys_are_made_in_the_token_and_sign_there(tmp_path: Path, token: SoftToken) -> None:
    made = init(tmp_path, token)
    assert made.returncode == 0, made.stderr

    # None of them lies in a file, and none can be taken out.
    sealed = {path.name for path in (tmp_path / "d" / "signer").glob("*.sealed")}
    assert sealed == set()
    seen = subprocess.run(
        [sys.executable, "-c", SEE, str(token.module), LABEL, pin_of(token)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    names = [
        "csms-ca-ecdsa",
        "csms-ca-rsa",
        "firmware-ca",
        "root-ecdsa",
        "root-rsa",
        "stations-ca-ecdsa",
        "stations-ca-rsa",
    ]
    assert seen.stdout.strip() == str([(name, False, True) for name in names])

    renewed = voltward(tmp_path, "ca", "server-renew", "-c", "d/voltward.toml")
    assert renewed.returncode == 0, renewed.stderr
    lists = voltward(tmp_path, "ca", "crl", "-c", "d/voltward.toml")
    assert lists.returncode == 0, lists.stderr
    shown = json.loads(voltward(tmp_path, "ca", "show", "--json", "-c", "d/voltward.toml").stdout)
    assert {one["key"] for one in shown["own"]} == {"token"}
    for family in ("ecdsa", "rsa"):
        chain = f"d/gateway/server-{family}.pem"
        done = subprocess.run(
            ["openssl", "verify", "-CAfile", "d/public/roots.pem", "-untrusted", chain, chain],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert voltward(tmp_path, "ca", "rotate", "prepare", "ecdsa", "-c", "d/voltward.toml").returncode == 0
    shown = json.loads(voltward(tmp_path, "ca", "show", "--json", "-c", "d/voltward.toml").stdout)
    assert {one["key"] for one in shown["own"]} == {"token"}
    assert sorted(one["name"] for one in shown["own"] if one["state"] == "prepared") == [
        "csms-ca-ecdsa.2",
        "root-ecdsa.2",
        "stations-ca-ecdsa.2",
    ]
    assert (tmp_path / "d" / "public" / "root-ecdsa.2-crossed.pem").exists()
    assert not list((tmp_path / "d" / "signer").glob("*ecdsa*.sealed"))
    checked = voltward(tmp_path, "settings", "check", "-c", "d/voltward.toml")
    assert f"keys are in the token '{LABEL}'" in checked.stdout


def test_below_a_corporate_root_the_next_keys_are_made_in_the_token_too(
    tmp_path: Path, token: SoftToken
) -> None:
    here = ("-c", "d/voltward.toml", "--set", 'gateway.chains=["server-ecdsa"]')
    assert init(tmp_path, token, "--sub-ca-csr").returncode == 0
    public = tmp_path / "d" / "public"
    old, new = (CorporatePki.create(tmp_path / name, name) for name in ("old", "new"))
    first = old.sign(public.glob("*-ecdsa.csr"))
    assert voltward(tmp_path, "ca", "install", *first, old.above, *here).returncode == 0
    prepare = ("ca", "rotate", "prepare", "ecdsa")

    asked = voltward(tmp_path, *prepare, *here)
    assert asked.returncode == 0, asked.stderr
    back = new.sign(public.glob("*.next.csr"))
    done = voltward(tmp_path, *prepare, "--chain", *back, new.above, *here)

    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "d" / "signer").glob("*-ca-*.sealed"))
    shown = json.loads(voltward(tmp_path, "ca", "show", "--json", *here).stdout)
    assert [one["state"] for one in shown["own"] if one["name"].endswith(".2")] == ["prepared"] * 2


def test_what_is_wrong_with_a_token_is_said_in_words(tmp_path: Path, token: SoftToken) -> None:
    stories = (
        (replace(token, module=Path("/nowhere.so")), LABEL, pin_of(token), 2, "no PKCS #11 module"),
        (token, "another", pin_of(token), 3, "the token 'another' is not there"),
        (token, LABEL, "wrong", 2, "refuses the PIN"),
    )
    for which, label, pin, status, words in stories:
        put_pin(tmp_path, pin)
        made = init(tmp_path, which, label=label)
        assert made.returncode == status, made.stderr
        assert words in made.stderr
        assert not (tmp_path / "d").exists()


def test_a_pin_that_was_refused_is_not_shown_to_the_token_again(tmp_path: Path, token: SoftToken) -> None:
    assert init(tmp_path, token).returncode == 0
    lists = ("ca", "crl", "-c", "d/voltward.toml")

    put_pin(tmp_path, "wrong")
    first, second = voltward(tmp_path, *lists), voltward(tmp_path, *lists)
    put_pin(tmp_path, pin_of(token))
    third = voltward(tmp_path, *lists)

    assert (first.returncode, second.returncode, third.returncode) == (2, 2, 0), third.stderr
    assert "refuses the PIN" in first.stderr
    assert "has refused this PIN" in second.stderr
    assert "refused-pin.sealed" in second.stderr


def test_a_token_that_went_away_is_missed_where_it_is_needed(tmp_path: Path, token: SoftToken) -> None:
    assert init(tmp_path, token).returncode == 0
    folder = token.pin_file.parent
    (folder / "tokens").rename(folder / "gone")
    (folder / "tokens").mkdir()

    renewed = voltward(tmp_path, "ca", "server-renew", "-c", "d/voltward.toml")

    assert renewed.returncode == 3
    assert f"the token '{LABEL}' is not there" in renewed.stderr

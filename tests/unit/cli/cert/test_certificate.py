from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import Issued, self_signed
from tests.unit.cli.conftest import Shell


@pytest.fixture
def leaf(tmp_path: Path) -> Issued:
    made = self_signed("SN-1")
    (tmp_path / "leaf.pem").write_bytes(made.certificate_pem)
    return made


def test_the_certificates_of_a_station_are_revoked_by_its_name(
    shell: Shell, leaf: Issued, tmp_path: Path
) -> None:
    shell.done("station", "add", "CP001", "--profile", "3", "--certificate", str(tmp_path / "leaf.pem"))

    (revoked,) = shell.done("cert", "revoke", "--station", "CP001", "--reason", "stolen", "--json").json

    assert revoked == {
        "fingerprint": leaf.fingerprint.hex(),
        "station": "CP001",
        "reason": "stolen",
        "code": "unspecified",
        "cut": 1,
        "exact": False,  # no gateway runs here
    }
    (credential,) = shell.done("station", "show", "CP001", "--json").json["credentials"]
    assert credential["state"] == "retired"
    assert shell("cert", "revoke", "--station", "CP001", "--reason", "again").status == 2


def test_a_certificate_is_revoked_by_its_file_or_fingerprint(
    shell: Shell, leaf: Issued, tmp_path: Path
) -> None:
    assert (
        "of an unknown station (seen at a dealer)"
        in shell.done(
            "cert", "revoke", "--file", str(tmp_path / "leaf.pem"), "--reason", "seen at a dealer"
        ).out
    )
    spelled = leaf.fingerprint.hex(":").upper()
    (revoked,) = shell.done("cert", "revoke", "--fingerprint", spelled, "--reason", "x", "--json").json
    assert revoked["fingerprint"] == leaf.fingerprint.hex()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--station", "CP001", "--fingerprint", "ab" * 32),
        ("--fingerprint", "abcd"),
        ("--fingerprint", "no hex"),
        ("--serial", "17"),
        ("--authority", "0123456789", "--serial", "17"),
        ("--authority", "0123456789"),
    ],
)
def test_one_certificate_has_to_be_named_for_sure(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell("cert", "revoke", "--reason", "x", *words).status == 2


def test_an_authority_is_revoked_as_a_whole(shell: Shell) -> None:
    own = {one["name"]: one["id"] for one in shell.done("ca", "show", "--json").json["own"]}
    stations_ca = own["stations-ca-ecdsa"]
    shell.done("ca", "trust", "public/stations-ca-ecdsa.pem", "--for", "stations")

    done = shell.done("cert", "revoke", "--authority", stations_ca[:12], "--reason", "copied")

    assert "revoked: the authority" in done.out
    assert "cuts at most 0 live stations" in done.out
    assert shell("cert", "revoke", "--authority", stations_ca[:12], "--reason", "again").status == 2


def test_an_order_that_cuts_more_than_it_says_changes_nothing(shell: Shell, tmp_path: Path) -> None:
    made = [self_signed(f"SN-{number}") for number in range(2)]
    for one in made:
        (tmp_path / "leaf.pem").write_bytes(one.certificate_pem)
        words = ("--profile", "3", "--certificate", str(tmp_path / "leaf.pem"))
        shell.done("station", "add", f"CP{made.index(one)}", *words)
    order = ("cert", "revoke", "--station", "CP0", "--reason", "x", "--yes-cut", "0")

    refused = shell(*order)

    assert refused.status == 2
    assert "nothing is revoked: this cuts at most 1 live station" in refused.err
    assert "--yes-cut 1" in refused.err
    assert shell.done("ca", "show", "--json").json["denied"] == []
    assert "cuts 0" in shell.done(*order, "--code", "superseded").out

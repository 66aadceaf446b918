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

    assert revoked == {"fingerprint": leaf.fingerprint.hex(), "station": "CP001", "reason": "stolen"}
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
    ],
)
def test_one_certificate_has_to_be_named_for_sure(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell("cert", "revoke", "--reason", "x", *words).status == 2

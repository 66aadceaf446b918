from __future__ import annotations

import pytest

from tests.fakes.certificates import self_signed
from voltward.crypto.passwords.argon2id import FOR_TESTS, hash_octets
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.credential import Argon2Hash
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.usecases.fleet.fleet_file import Record, RowFault
from voltward.usecases.fleet.fleet_rows import FleetRow, read_row

LEAF = self_signed("SN-1").der
HASH = hash_octets(b"correct horse battery", FOR_TESTS).encoded


def no_file(cell: str) -> bytes:
    if cell == "leaf.pem":
        return LEAF
    raise OperatorFault("the file cannot be read.")


def row(**cells: str) -> FleetRow:
    return read_row(Record(7, {"identity": "CP001", **cells}), no_file, "acme")


def test_a_row_may_say_nothing_but_its_identity() -> None:
    assert row() == FleetRow(7, StationId("CP001", "acme"))


def test_a_row_may_say_everything() -> None:
    read = row(
        tenant="other", group="fast", site="Köln, Domstraße 5", profile="3", serial="SN-1", note="by the lake",
        exceptions="auth-03 TLS-07 AUTH-03", certificate="leaf.pem",
    )  # fmt: skip
    assert (read.station, read.group, read.site, read.profile) == (
        StationId("CP001", "other"),
        "fast",
        "Köln, Domstraße 5",
        SecurityProfile.TLS_CERTIFICATE,
    )
    assert (read.serial, read.note, read.exceptions) == ("SN-1", "by the lake", ("AUTH-03", "TLS-07"))
    assert read.certificate is not None
    assert (read.certificate.fingerprint, read.certificate.common_name) == (fingerprint(LEAF), "SN-1")
    assert read.certificate.pinned


def test_a_fingerprint_pins_a_certificate_that_nobody_has_at_hand() -> None:
    digits = fingerprint(LEAF).hex()
    spaced = ":".join(digits[i : i + 2] for i in range(0, 64, 2)).upper()
    for written in (digits, spaced):
        read = row(fingerprint=written)
        assert read.certificate is not None
        assert read.certificate.fingerprint == fingerprint(LEAF)


@pytest.mark.parametrize(
    ("password", "form", "octets"),
    [
        ("correct horse battery", "", b"correct horse battery"),
        ("münzenfernsprecher", "text", "münzenfernsprecher".encode()),
        ("00112233445566778899aabbccddeeff", "hex", b"00112233445566778899aabbccddeeff"),
        ("6465616462656566", "hex", b"deadbeef"),
        ("6465616462656566", "TEXT", b"6465616462656566"),
    ],
)
def test_a_password_is_text_or_digits(password: str, form: str, octets: bytes) -> None:
    read = row(password=password, **({"password_form": form} if form else {}))
    assert read.password == Secret(octets)


@pytest.mark.parametrize("form", [{}, {"password_form": "argon2id"}])
def test_a_hash_is_taken_as_one(form: dict[str, str]) -> None:
    assert row(password=HASH, **form).password == Argon2Hash(HASH)


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"identity": "CP/001"}, "identity", "no identity that OCPP knows"),
        ({"identity": "C" * 49}, "identity", "no identity that OCPP knows"),
        ({"tenant": "Acme!"}, "tenant", "no name of a tenant"),
        ({"group": "a group"}, "group", "no name of a group"),
        ({"site": "s" * 65}, "site", "no name of a site"),
        ({"profile": "0"}, "profile", "profile 0 has no credential"),
        ({"profile": "two"}, "profile", "no security profile"),
        ({"serial": "S" * 256}, "serial", "more than 255"),
        ({"password": "x" * 65}, "password", "65 octets"),
        ({"password": "xyz", "password_form": "hex"}, "password", "hexadecimal"),
        ({"password": "geheim", "password_form": "bcrypt"}, "password_form", "no form"),
        ({"password": "$2a$10$geheim"}, "password", "a hash of a kind"),
        ({"password": "PBKDF2;keylen:64;geheim", "password_form": "text"}, "password", "a hash of a kind"),
        ({"password": "$argon2id$geheim"}, "password", "no argon2 hash"),
        ({"password": HASH.replace("m=8,", "m=999999,")}, "password", "can afford"),
        (
            {"password": HASH.replace("argon2id", "argon2i"), "password_form": "argon2id"},
            "password",
            "argon2id",
        ),
        ({"certificate": "no.pem"}, "certificate", "cannot be read"),
        ({"fingerprint": "ab"}, "fingerprint", "no SHA-256"),
        ({"fingerprint": "a" * 64, "certificate": "leaf.pem"}, "fingerprint", "given as well"),
        ({"exceptions": "AUTH-3x"}, "exceptions", "no control"),
    ],
)
def test_a_wrong_cell_is_told_with_its_column_and_without_a_secret(
    cells: dict[str, str], column: str, words: str
) -> None:
    with pytest.raises(RowFault) as caught:
        row(**cells)
    assert (caught.value.line, caught.value.column) == (7, column)
    assert words in caught.value.what
    assert "geheim" not in str(caught.value)


def test_a_row_without_an_identity_is_nobodys() -> None:
    with pytest.raises(RowFault, match="there is no identity"):
        read_row(Record(3, {"serial": "SN-1"}), no_file)

from __future__ import annotations

import base64

import pytest

from voltward.domain.credential import PasswordForm
from voltward.domain.secret import Secret
from voltward.simulator.dial import Dial, Endpoint, PasswordLogin, TlsOptions, password_login

KEY = Secret(b"0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")


def test_octets_are_unhexed_into_the_header_of_the_standards_example() -> None:
    # OCPP-J 1.6, its own test vector.
    login = PasswordLogin(KEY, PasswordForm.OCTETS)

    assert login.header("AL1000") == ("Authorization", "Basic QUwxMDAwOgABAgMEBQYH////////////////")


def test_text_is_sent_as_it_is() -> None:
    _, value = PasswordLogin(Secret(b"caf\xc3\xa9:x")).header("A")

    assert base64.b64decode(value.removeprefix("Basic ")) == b"A:caf\xc3\xa9:x"


def test_the_user_can_be_another() -> None:
    _, value = PasswordLogin(Secret(b"x"), username="B").header("A")

    assert base64.b64decode(value.removeprefix("Basic ")) == b"B:x"


@pytest.mark.parametrize(
    ("dialect", "password", "form"),
    [
        ("ocpp1.6", b"ab" * 20, PasswordForm.OCTETS),
        ("ocpp1.6", b"ab" * 16, PasswordForm.OCTETS),
        ("ocpp1.6", b"ab" * 15, PasswordForm.TEXT),
        ("ocpp1.6", b"a" * 33, PasswordForm.TEXT),
        ("ocpp1.6", b"my own password", PasswordForm.TEXT),
        ("ocpp2.0.1", b"ab" * 20, PasswordForm.TEXT),
        ("ocpp2.1", b"ab" * 20, PasswordForm.TEXT),
    ],
)
def test_only_the_key_of_an_older_station_is_unhexed(
    dialect: str, password: bytes, form: PasswordForm
) -> None:
    assert password_login(dialect, Secret(password)).form is form


@pytest.mark.parametrize(
    ("identity", "path"),
    [("CP-1", "/ocpp/CP-1"), ("A/B", "/ocpp/A%2FB"), ("RDAM|123", "/ocpp/RDAM%7C123"), ("ü", "/ocpp/%C3%BC")],
)
def test_the_identity_is_percent_encoded_in_the_path(identity: str, path: str) -> None:
    assert Endpoint("127.0.0.1", 9000).path_of(identity) == path


def test_the_address_carries_the_name_that_tls_checks() -> None:
    tls = Endpoint("127.0.0.1", 8443, tls=TlsOptions(server_name="csms.example"))

    assert Dial(tls, "A").url == "wss://csms.example:8443/ocpp/A"
    assert Dial(Endpoint("127.0.0.1", 9000), "A").url == "ws://127.0.0.1:9000/ocpp/A"


def test_a_dial_does_not_print_its_password() -> None:
    assert "0001020304" not in repr(Dial(Endpoint("127.0.0.1", 1), "A", PasswordLogin(KEY)))


def test_headers_stand_behind_the_login() -> None:
    dial = Dial(Endpoint("127.0.0.1", 1), "A", PasswordLogin(Secret(b"x")), headers=(("X-Y", "z"),))

    assert [name for name, _ in dial.all_headers()] == ["Authorization", "X-Y"]

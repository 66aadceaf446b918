from __future__ import annotations

from pathlib import Path

import pytest

from voltward.cli.simulate.simulated_stations import (
    Crowd,
    Habits,
    Wardrobe,
    identity_of,
    is_this_machine,
    make_members,
    open_token,
    profile_of,
    read_dialects,
    read_endpoint,
    read_faults,
    read_habits,
)
from voltward.domain.credential import PasswordForm
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.simulator.certificates import KeyKind, PrivateKey, new_key
from voltward.simulator.dial import SUBPROTOCOLS, CertificateLogin, Endpoint, PasswordLogin
from voltward.simulator.faults import Fault

PLAIN = Endpoint("127.0.0.1", 9000)


def crowd(count: int = 1, identities: str = "CP{n:03}", dialects: tuple[str, ...] = SUBPROTOCOLS) -> Crowd:
    return Crowd(count, identities, "SN-{identity}", dialects, frozenset())


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "tls"),
    [
        ("ws://127.0.0.1:9000/ocpp", "127.0.0.1", 9000, "/ocpp/{station}", False),
        ("wss://localhost/", "localhost", 443, "/{station}", True),
        ("wss://[::1]:8443/a/{station}/b", "::1", 8443, "/a/{station}/b", True),
    ],
)
def test_an_address_becomes_an_endpoint(url: str, host: str, port: int, path: str, tls: bool) -> None:
    endpoint = read_endpoint(url, None, owned=False)

    assert (endpoint.host, endpoint.port, endpoint.path, endpoint.tls is not None) == (host, port, path, tls)


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1/", "wss://", "ws://127.0.0.1:99999/", "ws://[::1/", "127.0.0.1:9000"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(OperatorFault):
        read_endpoint(url, None, owned=False)


def test_another_machine_has_to_be_owned() -> None:
    with pytest.raises(OperatorFault, match="another machine"):
        read_endpoint("wss://csms.example/ocpp", None, owned=False)
    assert read_endpoint("wss://csms.example/ocpp", None, owned=True).host == "csms.example"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LocalHost"])
def test_loopback_is_this_machine(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "localhost.example", "127.0.0.1.example", ""])
def test_everything_else_is_not(host: str) -> None:
    assert not is_this_machine(host)


def test_the_roots_are_read_from_their_file(tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_text("PEM")
    endpoint = read_endpoint("wss://127.0.0.1/", roots, owned=False)

    assert endpoint.tls is not None
    assert endpoint.tls.ca_pem == "PEM"
    with pytest.raises(OutsideFault):
        read_endpoint("wss://127.0.0.1/", tmp_path / "none.pem", owned=False)


def test_a_version_may_be_named_short_or_in_full() -> None:
    assert read_dialects(["1.6", "ocpp2.1"]) == ("ocpp1.6", "ocpp2.1")
    assert read_dialects([]) == SUBPROTOCOLS
    with pytest.raises(OperatorFault):
        read_dialects(["3.0"])


def test_faults_go_by_their_names() -> None:
    assert read_faults(["garbage", "floods"]) == {Fault.GARBAGE, Fault.FLOODS}
    with pytest.raises(OperatorFault):
        read_faults(["sings"])


def test_a_pattern_is_filled_in_with_the_number() -> None:
    assert identity_of("CP{n:05}", 7) == "CP00007"


@pytest.mark.parametrize("pattern", ["{m}", "{}", "{n", "{n:zz}", "{n.real.x}"])
def test_a_pattern_that_cannot_be_filled_in_is_refused(pattern: str) -> None:
    with pytest.raises(OperatorFault):
        identity_of(pattern, 1)


def test_stations_speak_the_versions_by_turns() -> None:
    members = make_members(crowd(4), Wardrobe(), PLAIN)

    assert [member.identity for member in members] == ["CP001", "CP002", "CP003", "CP004"]
    assert [member.dialect for member in members] == [*SUBPROTOCOLS, SUBPROTOCOLS[0]]
    assert members[0].serial == "SN-CP001"


def test_two_stations_with_one_identity_are_refused() -> None:
    with pytest.raises(OperatorFault, match="one identity"):
        make_members(crowd(2, "CP"), Wardrobe(), PLAIN)


def test_each_station_gets_its_own_password(tmp_path: Path) -> None:
    table = tmp_path / "passwords.csv"
    table.write_text("CP001, " + "ab" * 20 + "\nCP002,plain text with spaces\n\n")
    one, two, three = make_members(crowd(3, dialects=("ocpp1.6",)), Wardrobe(passwords=table), PLAIN)

    assert isinstance(one.login, PasswordLogin)
    assert one.login.form is PasswordForm.OCTETS
    assert isinstance(two.login, PasswordLogin)
    assert two.login.password.reveal() == b"plain text with spaces"
    assert three.login is None


def test_a_table_without_passwords_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "passwords.csv"
    table.write_text("CP001\n")
    with pytest.raises(OperatorFault):
        make_members(crowd(), Wardrobe(passwords=table), PLAIN)


def test_one_password_may_be_everybodys(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2\n")
    members = make_members(crowd(2), Wardrobe(password_file=str(file)), PLAIN)

    assert {
        member.login.password.reveal() for member in members if isinstance(member.login, PasswordLogin)
    } == {b"hunter2"}


def test_certificates_are_found_by_identity(tmp_path: Path) -> None:
    (tmp_path / "CP001.pem").write_text("CHAIN")
    (tmp_path / "CP001.key").write_text("KEY")
    (tmp_path / "CP002.pem").write_text("CHAIN AND KEY")
    one, two, three = make_members(crowd(3), Wardrobe(folder=tmp_path), PLAIN)

    assert isinstance(one.login, CertificateLogin)
    assert (one.login.chain_pem, one.login.key_pem.reveal()) == (b"CHAIN", b"KEY")
    assert isinstance(two.login, CertificateLogin)
    assert two.login.key_pem.reveal() == b"CHAIN AND KEY"
    assert three.login is None


def test_address_and_credential_make_the_profile(tmp_path: Path) -> None:
    file, certificate = tmp_path / "password", tmp_path / "certificate"
    file.write_text("hunter2")
    certificate.write_text("PEM")
    over_tls = read_endpoint("wss://127.0.0.1/", None, owned=False)
    with_password = Wardrobe(password_file=str(file))

    assert profile_of(make_members(crowd(), with_password, PLAIN)[0]) == 1
    assert profile_of(make_members(crowd(), with_password, over_tls)[0]) == 2
    assert profile_of(make_members(crowd(), Wardrobe(certificate=certificate), over_tls)[0]) == 3
    assert profile_of(make_members(crowd(), Wardrobe(), over_tls)[0]) is None


def test_stations_remember_in_a_folder_and_make_the_keys_that_they_are_told(tmp_path: Path) -> None:
    over_tls = read_endpoint("wss://localhost/", None, owned=False)
    habits = read_habits(tmp_path, "rsa", "SHA384")
    (member,) = make_members(crowd(), Wardrobe(), over_tls, habits)
    assert member.memory is not None
    assert (member.memory.key_kind, member.memory.hash_algorithm) == (KeyKind.RSA, "SHA384")
    assert profile_of(member) is None
    member.memory.password = Secret(b"what it has learnt")
    member.keep(member.memory)
    (again,) = make_members(crowd(), Wardrobe(), over_tls, habits)

    assert again.memory is not None
    assert again.memory.password == Secret(b"what it has learnt")
    assert profile_of(again) == 2


def test_without_a_folder_nothing_is_kept() -> None:
    (member,) = make_members(crowd(), Wardrobe(), PLAIN)
    assert member.memory is not None
    member.keep(member.memory)


@pytest.mark.parametrize(("keys", "algorithm"), [("dsa", "SHA256"), ("ec", "MD5")])
def test_habits_that_nobody_has_are_refused(keys: str, algorithm: str) -> None:
    with pytest.raises(OperatorFault):
        read_habits(None, keys, algorithm)


def test_a_token_needs_its_pin_and_has_to_be_there(tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("1234")

    with pytest.raises(OperatorFault):
        open_token(tmp_path / "library.so", "stations", None)
    with pytest.raises(OutsideFault, match="cannot be opened"):
        open_token(tmp_path / "library.so", "stations", pin)


class Drawer:
    """A token whose keys are all one."""

    key = new_key(KeyKind.EC)

    def make(self, kind: KeyKind) -> PrivateKey:
        return self.key

    def find(self, label: str) -> PrivateKey:
        return self.key


def test_with_a_token_the_new_keys_are_its_own(tmp_path: Path) -> None:
    memory, _keep = Habits(tmp_path, token=Drawer()).memory_of("CP-1")

    assert memory.make_key(KeyKind.EC) is Drawer.key

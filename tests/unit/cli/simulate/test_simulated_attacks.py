from __future__ import annotations

from datetime import UTC, datetime

import pytest

from voltward.cli.simulate.simulated_attacks import ALL, choose_attacks, make_target
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.simulator.attacks.table import ATTACKS, ON_THE_PLAIN_LISTENER
from voltward.simulator.attacks.target import LOOPBACK_SOURCES
from voltward.simulator.dial import CertificateLogin, Endpoint, Login, PasswordLogin
from voltward.simulator.fleet import Member

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PASSWORD = PasswordLogin(Secret(b"hunter2"))
CERTIFICATE = CertificateLogin(b"CHAIN", Secret(b"KEY"))


def member(identity: str, login: Login = None, host: str = "127.0.0.1") -> Member:
    return Member(identity, f"SN-{identity}", "ocpp1.6", Endpoint(host, 9000), login)


def test_the_first_station_is_the_victim_and_the_last_the_attackers_own() -> None:
    target = make_target([member("A"), member("B"), member("C")], NOW)

    assert (target.live.identity, target.resting.identity, target.insider.identity) == ("A", "A", "C")


def test_a_lone_station_is_both() -> None:
    target = make_target([member("A", PASSWORD)], NOW)

    assert target.insider == target.live


def test_a_certificate_that_was_handed_in_is_the_one_that_is_tried() -> None:
    loot = make_target([member("A", CERTIFICATE)], NOW).loot

    assert loot.expired == loot.revoked == loot.other_station == CERTIFICATE
    for made in (loot.self_signed, loot.unknown_authority):
        assert read_certificate(read_pem_bundle(made.chain_pem)[0]).common_names == ("SN-A",)


def test_another_machine_is_attacked_from_the_address_that_leads_there() -> None:
    assert make_target([member("A")], NOW).sources == LOOPBACK_SOURCES
    assert make_target([member("A", host="csms.example")], NOW).sources == ("0.0.0.0",)


def test_all_leaves_out_what_cannot_be_tried_and_says_why() -> None:
    attacks, left_out = choose_attacks([ALL], make_target([member("A")], NOW))

    names = {attack.name for attack in attacks}
    assert "identifier-only" in names
    assert "second-connection" in left_out
    assert names.isdisjoint(left_out)
    assert names | set(left_out) | {ON_THE_PLAIN_LISTENER} == {attack.name for attack in ATTACKS}


def test_with_a_password_the_attacks_from_inside_can_be_tried() -> None:
    _, left_out = choose_attacks([ALL], make_target([member("A", PASSWORD)], NOW))

    assert "deep-json" not in left_out
    assert "another-stations-password" in left_out


def test_two_stations_with_passwords_leave_the_certificates_only() -> None:
    _, left_out = choose_attacks([ALL], make_target([member("A", PASSWORD), member("B", PASSWORD)], NOW))

    assert all("certificate" in name for name in left_out)


def test_an_attack_that_was_named_and_lacks_something_is_refused() -> None:
    with pytest.raises(OperatorFault, match="needs"):
        choose_attacks(["expired-certificate"], make_target([member("A")], NOW))


@pytest.mark.parametrize("name", ["sings", ON_THE_PLAIN_LISTENER])
def test_an_attack_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(OperatorFault, match="no attack"):
        choose_attacks([name], make_target([member("A")], NOW))

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import product

from voltward.demo.cast import BILLING, BY_IDENTITY, CAST, FIELD, LATE, Manner, Proof
from voltward.domain.security_profile import SecurityProfile
from voltward.simulator.dial import SUBPROTOCOLS


def test_every_version_meets_every_profile() -> None:
    played = {(part.dialect, part.profile) for part in CAST}

    assert played == set(product(SUBPROTOCOLS, SecurityProfile))


def test_at_least_twelve_stations_are_honest() -> None:
    assert sum(part.manner is not Manner.WAITS for part in CAST) >= 12


def test_every_form_of_credential_is_played() -> None:
    assert {part.proof for part in CAST} == set(Proof)


def test_a_certificate_goes_with_profile_3_and_a_password_with_the_others() -> None:
    for part in (*CAST, LATE):
        assert part.proof.is_certificate == (part.profile is SecurityProfile.TLS_CERTIFICATE), part.identity


def test_identities_and_serials_are_each_used_once() -> None:
    everybody = (*CAST, LATE, FIELD)

    assert len({part.identity for part in everybody}) == len(everybody) == len(BY_IDENTITY)
    assert len({part.serial for part in everybody}) == len(everybody)


def test_everybody_stands_somewhere_most_of_them_with_others() -> None:
    sites = Counter(part.site for part in CAST)

    assert sites["hub"] == 6
    assert all(sites)


def test_everybody_on_the_bill_is_in_the_cast() -> None:
    named = [
        name for value in asdict(BILLING).values() for name in ([value] if isinstance(value, str) else value)
    ]

    assert set(named) <= set(BY_IDENTITY)
    assert len(set(named)) == len(named), "nobody plays two parts that could disturb each other"


def test_who_is_knocked_at_while_away_is_away_and_who_is_challenged_is_there() -> None:
    away = (BILLING.guessed_at, BILLING.resting, BILLING.named, *BILLING.insiders)
    there = (BILLING.live, BILLING.certified, BILLING.revoked, BILLING.ordered, BILLING.commanded)

    assert {BY_IDENTITY[identity].manner for identity in away} == {Manner.RESTS}
    assert {BY_IDENTITY[identity].manner for identity in there} == {Manner.STAYS}


def test_two_will_not_have_the_next_root() -> None:
    assert [part.manner for part in CAST if part.identity.startswith("yard")] == [
        Manner.FORGETS,
        Manner.REFUSES,
    ]


def test_the_password_that_is_guessed_at_was_made_by_people() -> None:
    assert BY_IDENTITY[BILLING.guessed_at].proof is Proof.HUMAN

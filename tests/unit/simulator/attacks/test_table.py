"""The table itself; that each attack can fail, and can hold, is told in tests/journeys."""

from __future__ import annotations

from tests.journeys.peers.material import target_at
from voltward.simulator.attacks.table import ATTACKS, ON_THE_PLAIN_LISTENER, attacks_for, carry_out_all
from voltward.simulator.attacks.target import Attack, Sight, Target

# What the product promises to try; a promise that nobody keeps is found here.
PROMISED = {
    "identifier-only", "wrong-password", "guessing", "another-stations-certificate", "expired-certificate",
    "self-signed-certificate", "revoked-certificate", "unknown-authority", "lower-profile", "tls-1.1", "weak-suites",
    "second-connection", "second-connection-wrong-password", "oversize-head", "oversize-frame", "broken-json",
    "duplicate-keys", "invalid-utf-8", "unmasked-frame", "reserved-bits", "forged-certificate-headers", "renegotiation",
    "name-or-password", "no-tls",
}  # fmt: skip


def test_every_promised_attack_stands_in_the_table_once() -> None:
    names = [attack.name for attack in ATTACKS]

    assert len(set(names)) == len(names)
    assert set(names) >= PROMISED


def test_an_attack_says_what_it_tries_and_what_is_expected() -> None:
    assert all(attack.tries and attack.expected for attack in ATTACKS)


def test_the_plain_listener_is_attacked_only_where_there_is_one() -> None:
    without, with_it = (
        {attack.name for attack in attacks_for(target)}
        for target in (target_at(1), target_at(1, plain_port=2))
    )

    assert with_it - without == {ON_THE_PLAIN_LISTENER}


async def test_each_attack_comes_from_an_address_of_its_own() -> None:
    seen: list[str] = []

    async def look(target: Target) -> Sight:
        seen.append(target.source)
        return Sight("looked", held=True)

    attacks = [Attack(name, "look", "nothing", look) for name in "abc"]
    results = await carry_out_all(attacks, target_at(1))

    assert len(set(seen)) == 3
    assert [(result.name, result.seen, result.held) for result in results] == [
        (name, "looked", True) for name in "abc"
    ]

from __future__ import annotations

from collections import Counter

from voltward.demo.cast import BILLING, BY_IDENTITY, Manner
from voltward.demo.gateway_log import LogEvent
from voltward.demo.raids import RAIDS, judged, raid_threads
from voltward.simulator.attacks.table import ATTACKS
from voltward.simulator.attacks.target import AttackResult


def result(*, held: bool) -> AttackResult:
    return AttackResult("wrong-password", "HTTP 401", "HTTP 401" if held else "connected", held, 0.5)


WORD = LogEvent(1, "station_refused", "x", "", {"control": "AUTH-02", "reason": "wrong"})


def test_every_attack_is_carried_out_once() -> None:
    named = Counter(name for raid in RAIDS for name in raid.attacks)

    assert named == Counter(attack.name for attack in ATTACKS)
    assert sum(map(len, raid_threads())) == len(ATTACKS)


def test_whoever_is_knocked_at_is_away_and_is_not_the_attackers_own() -> None:
    for raid in RAIDS:
        assert BY_IDENTITY[raid.resting].manner is Manner.RESTS
        assert raid.resting not in BILLING.insiders
        assert raid.insider in BILLING.insiders


def test_raids_that_run_side_by_side_do_not_use_one_insider_on_a_link() -> None:
    on_links = [raid.insider for raid in RAIDS if raid.record == "on a link"]

    assert len(on_links) == len(set(on_links))


def test_an_attack_that_failed_is_told_with_the_gateways_reason() -> None:
    seen = judged(result(held=True), WORD)

    assert seen.ok
    assert seen.words == "HTTP 401 (AUTH-02: wrong)"


def test_an_attack_that_got_through_is_a_fault_whatever_the_gateway_says() -> None:
    assert not judged(result(held=False), WORD).ok


def test_a_refusal_that_is_not_on_record_is_a_fault() -> None:
    seen = judged(result(held=True), None)

    assert not seen.ok
    assert "said nothing" in seen.words

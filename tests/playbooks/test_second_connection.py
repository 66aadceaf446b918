"""Two links for one identity: who stays (ruling 11)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.credential import Purpose
from voltward.lifecycles.second_connection import (
    Contender,
    Incumbent,
    Probe,
    Proof,
    ProofKind,
    Refuse,
    Replace,
    conclude,
    meet,
    outranks,
)

PASSWORD = Proof(ProofKind.PASSWORD, Purpose.PRODUCTION, generation=4)
CERTIFICATE = Proof(ProofKind.CERTIFICATE, Purpose.PRODUCTION, generation=2, fingerprint=b"two")
OTHER_CERTIFICATE = replace(CERTIFICATE, fingerprint=b"other")
RENEWED = replace(CERTIFICATE, fingerprint=b"three", generation=3)
COMMISSIONING = replace(PASSWORD, purpose=Purpose.COMMISSIONING, generation=9)
FACTORY = replace(CERTIFICATE, purpose=Purpose.COMMISSIONING, fingerprint=b"factory", generation=9)

HERE, THERE = "192.0.2.1", "192.0.2.2"


def _link(proof: Proof, source: str = HERE) -> Contender:
    return Contender(proof, source)


def _incumbent(last_heard: float = 100.0, *, is_probed: bool = False) -> Incumbent:
    return Incumbent(_link(PASSWORD), last_heard, silent_after=80.0, is_probed=is_probed)


def test_a_silent_link_goes_at_once() -> None:
    assert meet(_incumbent(last_heard=100.0), now=180.1) == Replace(close_code=4001)


def test_a_link_within_its_ping_time_is_asked_first() -> None:
    assert meet(_incumbent(last_heard=100.0), now=180.0) == Probe(seconds=2.0)


def test_a_link_without_pings_is_always_asked() -> None:
    assert meet(replace(_incumbent(), silent_after=0.0), now=1e6) == Probe(seconds=2.0)


def test_only_one_newcomer_waits_for_the_answer() -> None:
    assert meet(_incumbent(is_probed=True), now=101.0) == Refuse(status=409)


def test_a_link_that_stays_silent_is_replaced_whoever_comes() -> None:
    assert conclude(_link(CERTIFICATE), _link(PASSWORD, THERE), is_alive=False) == Replace()


@pytest.mark.parametrize(
    ("incumbent", "newcomer", "stays"),
    [
        (PASSWORD, PASSWORD, "incumbent"),
        (PASSWORD, replace(PASSWORD, generation=5), "newcomer"),
        (PASSWORD, replace(PASSWORD, generation=3), "incumbent"),
        (PASSWORD, CERTIFICATE, "newcomer"),
        (CERTIFICATE, PASSWORD, "incumbent"),
        (CERTIFICATE, CERTIFICATE, "newcomer"),
        (CERTIFICATE, RENEWED, "newcomer"),
        (RENEWED, CERTIFICATE, "incumbent"),
        (CERTIFICATE, OTHER_CERTIFICATE, "incumbent"),
        (PASSWORD, COMMISSIONING, "incumbent"),
        (PASSWORD, FACTORY, "incumbent"),
        (CERTIFICATE, FACTORY, "incumbent"),
        (COMMISSIONING, PASSWORD, "newcomer"),
        (FACTORY, PASSWORD, "newcomer"),
        (COMMISSIONING, CERTIFICATE, "newcomer"),
        (FACTORY, FACTORY, "newcomer"),
    ],
)
def test_a_live_link_yields_only_by_right(incumbent: Proof, newcomer: Proof, stays: str) -> None:
    answer = conclude(_link(incumbent), _link(newcomer, THERE), is_alive=True)

    assert answer == (Replace(4001) if stays == "newcomer" else Refuse(409))


def test_a_group_may_prefer_the_newcomer_but_never_a_newcomers_credential() -> None:
    assert conclude(_link(PASSWORD), _link(PASSWORD), is_alive=True, keep_new=True) == Replace()
    assert conclude(_link(PASSWORD), _link(COMMISSIONING), is_alive=True, keep_new=True) == Refuse()


_proofs = st.builds(
    Proof,
    kind=st.sampled_from(ProofKind),
    purpose=st.sampled_from(Purpose),
    generation=st.integers(0, 3),
    fingerprint=st.none(),
)


@given(_proofs, _proofs)
def test_two_different_credentials_never_outrank_each_other_by_turns(one: Proof, other: Proof) -> None:
    # The same certificate may replace itself; two others must not push each other out for ever.
    assert not (outranks(one, other) and outranks(other, one))

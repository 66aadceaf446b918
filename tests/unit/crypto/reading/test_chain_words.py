from __future__ import annotations

from dataclasses import dataclass

import pytest

from voltward.crypto.reading.chain_words import MOST_FINDINGS, findings_below


@dataclass(frozen=True)
class Finding:
    depth: int
    code: int


def test_each_word_is_said_once_in_the_order_of_the_findings() -> None:
    findings = [Finding(0, 20), Finding(0, 7), Finding(0, 21)]
    assert findings_below(findings, 3) == ("unknown-authority", "bad-signature")


@pytest.mark.parametrize("code", [9, 10, 66, 67, 68])
def test_times_and_weaknesses_are_left_to_their_own_controls(code: int) -> None:
    assert findings_below([Finding(0, code), Finding(1, code)], 3) == ()


def test_the_purpose_of_an_issuer_is_said_and_that_of_a_leaf_is_not() -> None:
    assert findings_below([Finding(0, 26)], 3) == ()
    assert findings_below([Finding(1, 26)], 3) == ("wrong-purpose",)


def test_what_is_above_the_authority_proves_nothing() -> None:
    assert findings_below([Finding(2, 79)], 1) == ()


@pytest.mark.parametrize("code", [2, 18, 19, 20, 21, 22, 25, 27])
def test_an_unfinished_path_is_unfinished_at_any_depth(code: int) -> None:
    assert findings_below([Finding(5, code)], 1)


@pytest.mark.parametrize("code", [c for c in range(1, 103) if c not in {9, 10, 26, 66, 67, 68}])
def test_every_other_finding_about_the_leaf_is_said(code: int) -> None:
    assert findings_below([Finding(0, code)], 1)


def test_a_chain_that_floods_the_engine_is_not_trusted() -> None:
    """The signature that does not fit may stand where the engine had stopped writing."""
    harmless = [Finding(0, 10)] * MOST_FINDINGS
    assert findings_below(harmless, 1) == ()
    assert findings_below([*harmless, Finding(0, 10)], 1) == ("too-many-findings",)

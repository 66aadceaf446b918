from __future__ import annotations

import pytest

from voltward.ocpp.identity_rule import IDENTIFIER, LIBERAL, IdentityRule


@pytest.mark.parametrize("rule", [IdentityRule(IDENTIFIER), IdentityRule(LIBERAL)])
@pytest.mark.parametrize(
    ("identity", "problem"),
    [
        ("CP001", None),
        ("RDAM|123", None),
        ("NL*TNM*E-7_8=9+a@b.c", None),
        ("x" * 48, None),
        ("", "empty"),
        ("x" * 49, "too-long"),
        ("a:b", "bad-character"),
        ("a/b", "bad-character"),
        ("a\\b", "bad-character"),
        ("..", "bad-character"),
        (".", "bad-character"),
        ("a\nb", "bad-character"),
        ("a\0", "bad-character"),
        ("Ä1", "bad-character"),
        ("a%2F", "bad-character"),
        ("a?b", "bad-character"),
        (" CP1", "bad-character"),
        ("CP1 ", "bad-character"),
    ],
)
def test_length_and_charset(rule: IdentityRule, identity: str, problem: str | None) -> None:
    assert rule.problem(identity) == problem


def test_the_liberal_charset_knows_what_fleets_use() -> None:
    assert IdentityRule(LIBERAL).problem("Depot 3 (east), #7~b") is None
    assert IdentityRule(IDENTIFIER).problem("Depot 3") == "bad-character"

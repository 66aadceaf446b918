from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.authority import Binding, BindingRule


def _pattern(pattern: str) -> Binding:
    return Binding(BindingRule.PATTERN, pattern)


@pytest.mark.parametrize(
    ("binding", "name", "belongs"),
    [
        (Binding(), "SN1", True),
        (Binding(), "SN10", False),
        (Binding(), "xSN1", False),
        (Binding(BindingRule.IDENTITY_IN_COMMON_NAME), "CP-7", True),
        (Binding(BindingRule.IDENTITY_IN_COMMON_NAME), "SN1", False),
        (_pattern("ACME (?P<serial>.+)"), "ACME SN1", True),
        (_pattern("ACME (?P<serial>.+)"), "ACME SN10", False),
        (_pattern("(?P<identity>[^ ]+) (?P<serial>.+)"), "CP-7 SN1", True),
        (_pattern("(?P<identity>[^ ]+) (?P<serial>.+)"), "CP-8 SN1", False),
        (_pattern("(?P<serial>SN1)?.*"), "anything", False),  # the group took no part
        (_pattern(".*"), "SN1", False),  # names nobody
        (_pattern("(?P<owner>.*)"), "SN1", False),
        (_pattern("(?P<serial>.+)"), "SN1\n", False),
        (Binding(BindingRule.PATTERN), "SN1", False),
        (Binding(BindingRule.FINGERPRINT), "SN1", False),
    ],
)
def test_a_name_belongs_by_its_authoritys_rule(binding: Binding, name: str, belongs: bool) -> None:
    assert binding.names(name, identity="CP-7", serial="SN1") is belongs


@given(st.sampled_from(BindingRule), st.text(max_size=5))
def test_a_station_without_a_serial_is_named_by_its_identity_alone(rule: BindingRule, name: str) -> None:
    binding = Binding(rule, "(?P<serial>.*)")

    expected = rule is BindingRule.IDENTITY_IN_COMMON_NAME and name == "CP-7"
    assert binding.names(name, identity="CP-7", serial=None) is expected

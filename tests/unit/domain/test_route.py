from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.errors import OperatorFault
from voltward.domain.route import Identified, PathRule, csms_url

RULE = PathRule.parse("/ocpp/{station}")


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        ("/ocpp/CP-7", "CP-7"),
        ("/ocpp/RDAM%7C123", "RDAM|123"),
        ("/ocpp/a%20b", "a b"),
        ("/ocpp/CP-7?token=x", "CP-7"),
        ("/ocpp/%252F", "%2F"),  # decoded once
        ("/ocpp/stra%C3%9Fe", "straße"),
    ],
)
def test_the_identity_is_one_segment_decoded_once(target: str, identity: str) -> None:
    assert RULE.identify(target) == Identified(identity)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("/ocpp/", "empty"),
        ("/ocpp", "no-match"),
        ("/OCPP/CP-7", "no-match"),
        ("/ocpp/CP-7/", "no-match"),
        ("/ocpp/a/b", "no-match"),
        ("//ocpp/CP-7", "no-match"),
        ("/ocpp/%", "bad-encoding"),
        ("/ocpp/%4", "bad-encoding"),
        ("/ocpp/%zz", "bad-encoding"),
        ("/ocpp/%ff", "bad-encoding"),
        ("/ocpp/" + "a" * 512, "too-long"),
    ],
)
def test_what_is_no_identity_has_a_reason(target: str, problem: str) -> None:
    assert RULE.identify(target) == Identified(None, problem)


def test_a_suffix_belongs_to_the_route() -> None:
    rule = PathRule.parse("/cs/{station}/ws")

    assert rule.identify("/cs/CP-7/ws") == Identified("CP-7")
    assert rule.identify("/cs/CP-7").problem == "no-match"
    assert rule.identify("/cs//ws").problem == "empty"


@pytest.mark.parametrize(
    "template", ["/ocpp", "/ocpp/x{station}", "/{station}/{station}", "/{station}x", "{station}"]
)
def test_a_template_says_where_the_identity_stands_once(template: str) -> None:
    with pytest.raises(OperatorFault):
        PathRule.parse(template)


@given(st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()))
def test_a_placed_identity_is_found_again(identity: str) -> None:
    assert RULE.identify(RULE.place(identity)) == Identified(identity)


_identities = st.text(min_size=1, max_size=20)
_targets = st.one_of(
    st.text(max_size=30).map("/ocpp/{}".format),
    st.text(alphabet="/ocp%2fF5.?aA", max_size=20).map("/ocpp/{}".format),
    st.text(max_size=20),
)


@given(_targets)
def test_any_target_comes_to_an_identity_or_a_reason_and_never_both(target: str) -> None:
    found = RULE.identify(target)

    assert (found.identity is None) == bool(found.problem)


@given(_targets, _targets)
def test_two_paths_are_one_station_only_if_both_name_it(one: str, other: str) -> None:
    """What is decoded is decoded once: nothing aliases one identity to another."""
    first, second = RULE.identify(one), RULE.identify(other)
    if first.identity is not None and first == second:
        encoded = RULE.place(first.identity)
        assert RULE.identify(encoded) == first
        for target in (one, other):
            assert unquote(target.partition("?")[0].removeprefix("/ocpp/")) == first.identity


@given(_identities, _identities)
def test_two_identities_never_share_a_place(one: str, other: str) -> None:
    assert (RULE.place(one) == RULE.place(other)) == (one == other)
    assert (csms_url("ws://csms/x", one) == csms_url("ws://csms/x", other)) == (one == other)


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("ws://csms/ocpp", "ws://csms/ocpp/a%2Fb"),
        ("ws://csms/ocpp/", "ws://csms/ocpp/a%2Fb"),
        ("ws://csms/{station}/ocpp?x=1", "ws://csms/a%2Fb/ocpp?x=1"),
    ],
)
def test_the_csms_is_called_with_the_identity_encoded(template: str, url: str) -> None:
    assert csms_url(template, "a/b") == url

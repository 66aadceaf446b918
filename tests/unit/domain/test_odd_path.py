from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.odd_path import OddPath, read_odd_path
from voltward.domain.quirk import Quirk
from voltward.domain.route import PathRule

RULE = PathRule.parse("/ocpp/{station}")
IDENTITIES = st.text(st.sampled_from("ABCabc019*-_=+|@."), min_size=1, max_size=48)


def read(target: str, rule: PathRule = RULE) -> OddPath | None:
    return read_odd_path(rule, target, rule.identify(target))


@pytest.mark.parametrize(
    ("target", "oddities"),
    [
        ("/ocpp/CP1/", {Quirk.TRAILING_SLASH}),
        ("/ocpp/CP1//", {Quirk.TRAILING_SLASH}),
        ("/ocpp//CP1", {Quirk.EXTRA_SLASH}),
        ("//ocpp/CP1", {Quirk.EXTRA_SLASH}),
        ("/ocppCP1", {Quirk.GLUED_IDENTITY}),
        ("/ocpp/%2543P1", {Quirk.ENCODED_TWICE}),
        ("/ocpp//CP1/?x=1", {Quirk.EXTRA_SLASH, Quirk.TRAILING_SLASH}),
    ],
)
def test_an_odd_path_means_one_station_and_says_what_is_odd(target: str, oddities: set[Quirk]) -> None:
    odd = read(target)

    assert odd is not None
    assert odd.identity == "CP1"
    assert set(odd.oddities) == oddities


def test_what_stands_above_the_identity_is_told() -> None:
    assert read("/ocpp/north/site7/CP1") == OddPath("CP1", (Quirk.NESTED_PATH,), "north/site7")


@pytest.mark.parametrize(
    "target",
    ["/ocpp/CP1", "/other/CP1", "/ocpp/", "/", "/ocpp", "/ocpp/%ff/", "/ocpp/%25zz", "/ocpp/" + "x/" * 300],
)
def test_a_plain_path_and_one_that_means_nobody_have_no_odd_reading(target: str) -> None:
    assert read(target) is None


def test_a_route_with_something_behind_the_identity_is_mended_too() -> None:
    rule = PathRule.parse("/ocpp/{station}/ws")

    assert read("/ocpp/CP1/ws/", rule) == OddPath("CP1", (Quirk.TRAILING_SLASH,))
    assert read("/ocpp/a/CP1/ws", rule) == OddPath("CP1", (Quirk.NESTED_PATH,), "a")


@given(st.text(st.sampled_from("/ocp%251AB.|"), max_size=40))
def test_no_reading_joins_or_cuts_an_identity(target: str) -> None:
    odd = read(f"/{target}")
    if odd is not None:
        assert "/" not in odd.identity or Quirk.ENCODED_TWICE in odd.oddities
        assert odd.identity.strip("/")
        assert odd.oddities


@given(IDENTITIES)
def test_an_identity_survives_each_oddity(identity: str) -> None:
    encoded = quote(identity, safe="")
    for target in (f"/ocpp/{encoded}/", f"/ocpp//{encoded}", f"/ocpp{encoded}", f"/ocpp/a/{encoded}"):
        odd = read(target)
        assert odd is not None
        assert odd.identity == identity

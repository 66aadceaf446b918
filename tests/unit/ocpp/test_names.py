from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.ocpp.names import NamePatterns, fold, fold_pattern


@pytest.mark.parametrize(
    "spelling",
    [
        "AuthorizationKey",
        "authorizationkey",
        "AUTHORIZATION-KEY",
        " Authorization_Key ",
        "AuthorizationKey\0",
        "AuthorizationKey\0.harmless",
        "Authorization\u200bKey",
        "ＡｕｔｈｏｒｉｚａｔｉｏｎＫｅｙ",
        "Authorization\u212aey",
    ],
)
def test_spellings_that_a_station_could_take_for_each_other_fold_alike(spelling: str) -> None:
    assert fold(spelling) == "authorizationkey"


@pytest.mark.parametrize("name", ["HeartbeatInterval", "AuthorizationKey2", "Authorization", ""])
def test_other_names_stay_apart(name: str) -> None:
    assert fold(name) != "authorizationkey"


@given(st.text())
def test_folding_twice_changes_nothing_more(name: str) -> None:
    assert fold(fold(name)) == fold(name)


def test_a_pattern_keeps_its_stars_and_the_stop_between_its_parts() -> None:
    assert fold_pattern("*Back-Office*URL*", 1) == "*backoffice*url*"
    assert fold_pattern("SecurityCtrlr.*", 2) == "securityctrlr.*"
    assert fold_pattern("vendor.key", 1) == "vendorkey"


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("securityprofile", True),
        ("mysecurityprofile2", True),
        ("backofficeurlwired", True),
        ("cponame", True),
        ("cponame2", False),
        ("security", False),
        ("heartbeatinterval", False),
    ],
)
def test_patterns_match_whole_names(name: str, matches: bool) -> None:
    patterns = NamePatterns(["*SecurityProfile*", "CpoName", "BackOffice*URL*"], 1)

    assert patterns.match(name) is matches


def test_a_star_for_the_variable_means_every_variable_of_the_component() -> None:
    patterns = NamePatterns(["SecurityCtrlr.*", "*.Password"], 2)

    assert patterns.match("securityctrlr.organizationname")
    assert patterns.match("x.password")
    assert not patterns.match("mysecurityctrlr.x")
    assert not patterns.match("x.password2")


def test_no_patterns_match_nothing() -> None:
    assert not NamePatterns([], 1).match("x")

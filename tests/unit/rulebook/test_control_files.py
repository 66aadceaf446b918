from __future__ import annotations

from datetime import date
from types import MappingProxyType

import pytest

from voltward.domain.enforcement import Action
from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import SecurityProfile
from voltward.rulebook.control import Control, EnforcedBy, Moment, RequirementRef, Severity
from voltward.rulebook.control_files import read_controls
from voltward.rulebook.editions import Edition, InHandsOf, Requirement

EDITIONS = {
    "old": Edition(
        "old", "Old", date(2015, 10, 8), "x", {"A.1": Requirement("A.1", InHandsOf.GATEWAY, "It locks.")}
    )
}
GOOD = """
[[control]]
id = "TLS-02"
title = "Only new TLS"
profiles = [2, 3]
moment = "connection"
severity = "high"
enforced_by = "tls"
check = "transport.minimum_tls_version"
parameters = { minimum = "TLSv1.2" }
default_action = "refuse"
waivable = false
remedy = "Update it."
cost = "Old ones stay out."
requirements = { old = ["A.1"] }
"""


def _read(text: str) -> list[Control]:
    return list(read_controls("test.toml", text, EDITIONS))


def test_a_control_is_read() -> None:
    (control,) = _read(GOOD)

    assert control == Control(
        id="TLS-02",
        title="Only new TLS",
        profiles=frozenset({SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE}),
        moment=Moment.CONNECTION,
        severity=Severity.HIGH,
        enforced_by=EnforcedBy.TLS,
        check="transport.minimum_tls_version",
        parameters=MappingProxyType({"minimum": "TLSv1.2"}),
        default_action=Action.REFUSE,
        waivable=False,
        waived_action=Action.RECORD,
        remedy="Update it.",
        cost="Old ones stay out.",
        requirements=(RequirementRef("old", "A.1"),),
        beyond="",
        holds_observed=False,
        leans_on_us=False,
    )


def test_parameters_are_frozen_to_the_bottom() -> None:
    text = GOOD.replace("connection", "message").replace("transport.minimum_tls_version", "relay.rule")
    (control,) = _read(text.replace('{ minimum = "TLSv1.2" }', "{ rules = [{ names = ['a', 'b'] }] }"))

    assert control.parameters["rules"][0]["names"] == ("a", "b")
    with pytest.raises(TypeError):
        control.parameters["rules"][0]["names"] = ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "Only new TLS"', "", "lacks"),
        ('title = "Only new TLS"', 'title = ""', "'title'"),
        ('title = "Only new TLS"', "title = 7", "'title'"),
        ("cost =", "costs =", "lacks ['cost']"),
        ("waivable = false", "waiveable = false", "'waiveable'"),
        ("waivable = false", 'waivable = "no"', "'waivable'"),
        ("waivable = false", 'waivable = false\nwaived_action = "record"', "waived_action"),
        ("waivable = false", 'waived_action = "forgive"', "'forgive'"),
        ("[2, 3]", "[2, 4]", "profiles"),
        ("[2, 3]", "[]", "'profiles'"),
        ('"connection"', '"someday"', "'someday'"),
        ('"connection"', '"boot"', "which the moment boot does not have"),
        ('"connection"', '"message"', "starts with 'relay.'"),
        ('"high"', '"huge"', "'huge'"),
        ('enforced_by = "tls"', 'enforced_by = "hope"', "'hope'"),
        ("transport.minimum_tls_version", "transport.nothing", "transport.nothing"),
        ("minimum =", "maximum =", "['maximum']"),
        ('parameters = { minimum = "TLSv1.2" }', "", "['minimum']"),
        ('"refuse"', '"shout"', "'shout'"),
        ('old = ["A.1"]', 'new = ["A.1"]', "'new'"),
        ("A.1", "A.2", "'A.2'"),
        ('requirements = { old = ["A.1"] }', "", "beyond"),
    ],
)
def test_what_is_not_understood_names_file_and_control(old: str, new: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(OperatorFault) as caught:
        _read(GOOD.replace(old, new, 1))

    assert "test.toml, control" in str(caught.value)
    assert words in str(caught.value)


def test_keys_beside_the_controls_are_refused() -> None:
    with pytest.raises(OperatorFault, match="controls"):
        _read("[[controls]]\n")


def test_a_control_without_a_citation_says_why_we_ask() -> None:
    (control,) = _read(GOOD.replace('requirements = { old = ["A.1"] }', 'beyond = "We like it."'))

    assert control.beyond == "We like it."
    assert control.requirements == ()

from __future__ import annotations

import dataclasses

import pytest

from voltward.domain.enforcement import Action
from voltward.domain.errors import OperatorFault
from voltward.rulebook.catalogue import Rulebook, build_rulebook, load_rulebook
from voltward.rulebook.control import Control, EnforcedBy, Moment

RULEBOOK = load_rulebook()


def _with_control(id_: str, retired: str = "") -> Rulebook:
    text = f"""
[[control]]
id = "{id_}"
title = "t"
profiles = [1]
moment = "connection"
severity = "low"
enforced_by = "door"
check = "device.not_held"
default_action = "record"
remedy = "r"
cost = "c"
beyond = "b"
"""
    return build_rulebook(
        {"one.toml": text, "two.toml": text.replace(id_, "X-02")}, "", f"[retired]\n{retired}"
    )


def test_an_id_stands_once() -> None:
    assert list(_with_control("X-01").by_id) == ["X-01", "X-02"]
    with pytest.raises(OperatorFault, match="X-02"):
        _with_control("X-02")


def test_a_retired_id_is_never_used_again() -> None:
    with pytest.raises(OperatorFault, match="retired"):
        _with_control("X-01", 'X-01 = "2026-11-01: merged into X-02"')


def test_the_rulebook_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        RULEBOOK.controls = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        RULEBOOK.by_id["X"] = RULEBOOK.controls[0]  # type: ignore[index]


def test_controls_are_found_by_id_and_moment() -> None:
    assert RULEBOOK.by_id["BOOT-01"] in RULEBOOK.for_moment(Moment.BOOT)
    assert {control.moment for control in RULEBOOK.for_moment(Moment.TLS)} == {Moment.TLS}
    assert sum(len(RULEBOOK.for_moment(moment)) for moment in Moment) == len(RULEBOOK.controls)


def test_reasons_are_told_as_a_person_would() -> None:
    order = [control.id for control in RULEBOOK.for_moment(Moment.CONNECTION)]
    told = [
        "ID-01",
        "ID-03",
        "ID-02",
        "STN-01",
        "TLS-01",
        "PROF-01",
        "AUTH-07",
        "AUTH-01",
        "AUTH-06",
        "AUTH-02",
    ]

    assert sorted(told, key=order.index) == told
    assert order.index("CERT-02") < order.index("CERT-05") < order.index("CERT-03")


@pytest.mark.parametrize(
    "id_", ["ID-02", "AUTH-01", "AUTH-02", "AUTH-06", "CERT-01", "CERT-02", "CERT-04", "CERT-10"]
)
def test_what_authentication_stands_on_cannot_be_waived(id_: str) -> None:
    assert RULEBOOK.softest[id_] is RULEBOOK.defaults[id_] is Action.REFUSE


def test_whatever_tls_enforces_at_the_door_is_looked_at_again() -> None:
    again = {c.id for c in RULEBOOK.for_moment(Moment.CONNECTION) if c.enforced_by is EnforcedBy.TLS}

    assert again == {"TLS-02", "TLS-03", "TLS-04", "TLS-06"}


def test_static_rsa_suites_are_among_the_listed_ones() -> None:
    listed = RULEBOOK.by_id["TLS-03"].parameters["suites_12"]

    assert set(RULEBOOK.by_id["TLS-07"].parameters["static_rsa"]) < set(listed)


@pytest.mark.parametrize("control", RULEBOOK.controls, ids=lambda control: control.id)
def test_every_control_speaks_in_whole_sentences(control: Control) -> None:
    for text in (control.remedy, control.cost):
        assert text[0].isupper()
        assert text.endswith((".", ")"))
    assert not control.title.endswith(".")

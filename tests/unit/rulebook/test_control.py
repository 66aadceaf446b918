from __future__ import annotations

from dataclasses import replace

from voltward.domain.enforcement import Action
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.control import RequirementRef


def test_a_control_is_never_softer_than_it_may_be_waived() -> None:
    control = load_rulebook().by_id["CERT-03"]

    assert control.softest_action is Action.QUARANTINE
    assert replace(control, waivable=False).softest_action is Action.REFUSE
    assert replace(control, waived_action=Action.RECORD).softest_action is Action.RECORD


def test_a_citation_names_its_edition() -> None:
    assert str(RequirementRef("ocpp2.1-ed1", "A00.FR.313")) == "ocpp2.1-ed1 A00.FR.313"

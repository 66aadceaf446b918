from __future__ import annotations

from typing import Any

import pytest

from voltward.domain.command_rule import Direction
from voltward.domain.errors import OutsideFault
from voltward.ocpp import DIALECTS
from voltward.ocpp.schema_files import SchemaFiles, _members

V201, V21 = DIALECTS["ocpp2.0.1"].schemas, DIALECTS["ocpp2.1"].schemas


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.subprotocol)
def test_every_action_of_a_dialect_has_its_schemas(dialect: Any) -> None:
    files = dialect.schemas
    actions = dialect.actions(Direction.TO_CSMS) | dialect.actions(Direction.TO_STATION)
    answered = actions - dialect.vocabulary.unanswered

    assert actions
    assert {files.of_call(action) for action in actions} <= files.names()
    assert {files.of_answer(action) for action in answered} <= files.names()


def lengths(files: SchemaFiles, name: str, action: str, member: str) -> set[int]:
    return {found["maxLength"] for found in _members(files.read(name, action, {}), member)}


@pytest.mark.parametrize("key", V201.longer)
def test_a_limit_that_was_outgrown_is_that_of_the_next_edition(key: str) -> None:
    action, _, member = key.partition(".")
    bare = SchemaFiles(V201.folder, V201.call_suffix)
    told = 0
    for name in {V201.of_call(action), V201.of_answer(action)}:
        before = lengths(bare, name, action, member)
        if before:
            told += 1
            assert lengths(V201, name, action, member) == lengths(V21, name, action, member)
            assert max(before) < V201.longer[key]
    assert told


def test_an_operators_lengths_come_on_top_and_touch_one_action() -> None:
    wanted = {"BootNotification.model": 60}

    (model,) = _members(V201.read("BootNotificationRequest", "BootNotification", wanted), "model")
    (untouched,) = _members(V201.read("BootNotificationRequest", "BootNotification", {}), "model")

    assert (model["maxLength"], untouched["maxLength"]) == (60, 20)
    assert wanted.keys() == {"BootNotification.model"}


def test_integers_have_32_bits_and_times_a_sensible_year() -> None:
    schema = V201.read("HeartbeatResponse", "Heartbeat", {})
    (time,) = _members(schema, "currentTime")
    (number,) = _members(V201.read("StatusNotificationRequest", "StatusNotification", {}), "evseId")

    assert time["pattern"].startswith("^(19[7-9]")
    assert (number["minimum"], number["maximum"]) == (-(2**31), 2**31 - 1)


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("BootNotification.model", True),
        ("GetVariables.attributeValue", True),  # in the answer
        ("BootNotification.reason", False),  # one of a list, not a text of some length
        ("BootNotification.nothing", False),
        ("BootNotification", False),
        ("../../../etc/passwd.x", False),
    ],
)
def test_a_length_names_a_text_that_has_one(key: str, known: bool) -> None:
    assert V201.has_length(key) is known


def test_missing_schemas_are_told_with_the_mend() -> None:
    with pytest.raises(OutsideFault, match="no package 'nowhere'") as caught:
        SchemaFiles("v201", "Request", publisher="nowhere").names()

    assert "Install Voltward anew" in caught.value.mend

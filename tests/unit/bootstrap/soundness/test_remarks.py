from __future__ import annotations

from collections.abc import Iterator

import pytest

from voltward.bootstrap.soundness.remarks import (
    Note,
    Problem,
    Remark,
    Severity,
    Soundness,
    from_fault,
    guarded,
    sound,
)
from voltward.domain.errors import OperatorFault, OutsideFault

ERROR, WARNING = Problem("it is broken", "mend it"), Problem("it hurts", "rest", Severity.WARNING)


def test_a_deployment_with_notes_alone_is_sound() -> None:
    assert sound([Note("by the way")]) == Soundness((), (Note("by the way"),))
    assert sound([Note("by the way")]).ok
    assert not sound([WARNING]).ok


def test_errors_come_first_and_each_thing_once() -> None:
    found = sound([Note("a"), WARNING, ERROR, Note("a"), Problem("it is broken", "another mend"), WARNING])

    assert found == Soundness((ERROR, WARNING), (Note("a"),))


def test_a_fault_is_a_problem_with_its_subject_and_mend() -> None:
    fault = OperatorFault("cannot be read.", mend="Check it.", subject="gateway.listen")

    assert from_fault(fault) == Problem("gateway.listen: cannot be read.", "Check it.")
    assert from_fault(OutsideFault("the disk failed.")).mend


def test_a_check_that_stops_does_not_stop_the_others() -> None:
    def check() -> Iterator[Remark]:
        yield Note("so far so good")
        raise OutsideFault("the disk failed.", mend="Try again.")

    assert list(guarded(check)) == [Note("so far so good"), Problem("the disk failed.", "Try again.")]


def test_a_bug_of_ours_is_seen() -> None:
    def check() -> Iterator[Remark]:
        raise KeyError("oops")
        yield

    with pytest.raises(KeyError):
        list(guarded(check))

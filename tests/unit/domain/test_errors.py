from __future__ import annotations

import pytest

from voltward.domain.errors import OperatorFault, OutsideFault, StationFault, VoltwardError


def test_an_error_says_whom_it_concerns_what_happened_and_how_to_mend_it() -> None:
    error = OperatorFault("the port is used.", mend="Choose another.", subject="gateway.listen")

    assert str(error) == "gateway.listen: the port is used. Choose another."
    assert error.sentence == "gateway.listen: the port is used."
    assert (error.what, error.mend, error.subject) == (
        "the port is used.",
        "Choose another.",
        "gateway.listen",
    )


def test_what_happened_is_enough() -> None:
    assert str(StationFault("the frame is too long")) == "the frame is too long"


@pytest.mark.parametrize("kind", [StationFault, OperatorFault, OutsideFault])
def test_the_three_roots_are_ours_and_apart(kind: type[VoltwardError]) -> None:
    others = {StationFault, OperatorFault, OutsideFault} - {kind}

    assert issubclass(kind, VoltwardError)
    assert not any(issubclass(kind, other) for other in others)

from __future__ import annotations

import pytest

from voltward.simulator.messages.messages import MalformedRequest, required


def test_a_field_is_read_with_its_type() -> None:
    assert required({"type": "Soft"}, "type", str) == "Soft"


@pytest.mark.parametrize("payload", [{}, {"type": None}, {"type": 5}])
def test_a_field_that_is_absent_or_of_another_type_is_malformed(payload: dict[str, object]) -> None:
    with pytest.raises(MalformedRequest, match="type"):
        required(payload, "type", str)

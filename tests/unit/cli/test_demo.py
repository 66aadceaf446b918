from __future__ import annotations

import pytest

from voltward.cli.demo import demo
from voltward.domain.errors import OperatorFault


def test_a_demo_that_goes_on_for_ever_has_no_document() -> None:
    with pytest.raises(OperatorFault, match="--once"):
        demo(json=True)

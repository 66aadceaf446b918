from __future__ import annotations

import pytest

from voltward.crypto.requests.csr_problems import CsrFault, CsrProblem


@pytest.mark.parametrize("fault", CsrFault)
def test_every_fault_has_a_sentence_and_a_way_out(fault: CsrFault) -> None:
    problem = CsrProblem(fault)

    assert problem.sentence
    assert problem.mend


def test_the_detail_stands_behind_the_sentence() -> None:
    assert CsrProblem(CsrFault.SEVERAL, "2 blocks").sentence.endswith("(2 blocks)")

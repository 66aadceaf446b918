from __future__ import annotations

import pytest

from voltward.domain.errors import OperatorFault
from voltward.gateway.channel.served_chains import ServedChains, served_chains


def test_a_host_name_chooses_however_it_is_written() -> None:
    served = served_chains(["a", "b"], {"Two.example.": ["c", "b"]})

    assert served == ServedChains(("a", "b"), {"two.example": ("c", "b")})
    assert served.for_host("TWO.example") == ("c", "b")
    assert served.for_host("three.example") == ("a", "b")
    assert served.names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ({"two.example": []}, "has no certificate"),
        ({"": ["a"]}, "has no certificate"),
        ({"two.example": ["a"], "TWO.example": ["b"]}, "is listed twice"),
    ],
)
def test_a_host_name_has_one_line_with_chains(hosts: dict[str, list[str]], words: str) -> None:
    with pytest.raises(OperatorFault, match=words):
        served_chains(["a"], hosts)

from __future__ import annotations

import pytest
from cryptography import x509

from voltward.crypto.revocation.foreign_octets import UnreadableOctets, foreign_octets


@pytest.mark.parametrize(
    "error", [ValueError(), TypeError(), KeyError(), x509.InvalidVersion("of no list", 5), RecursionError()]
)
def test_whatever_a_parser_says_means_one_thing(error: Exception) -> None:
    with pytest.raises(UnreadableOctets) as caught, foreign_octets():
        raise error

    assert caught.value.__cause__ is error


def test_an_order_to_end_is_no_fault_of_the_octets() -> None:
    with pytest.raises(KeyboardInterrupt), foreign_octets():
        raise KeyboardInterrupt

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from voltward.domain.observing import ObserveTerms

END = datetime(2027, 4, 1, tzinfo=UTC)
TERMS = ObserveTerms(END, (ip_network("10.20.0.0/16"), ip_network("2001:db8::/32")))


def test_it_holds_until_its_end_and_not_at_it() -> None:
    assert TERMS.hold(END - timedelta(seconds=1))
    assert not TERMS.hold(END)


@pytest.mark.parametrize(
    ("address", "is_listed"),
    [
        ("10.20.3.4", True),
        ("::ffff:10.20.3.4", True),
        ("2001:db8::7%eth0", True),
        ("10.21.0.1", False),
        ("fe80::1", False),
        ("", False),
        ("a socket", False),
    ],
)
def test_an_address_is_listed_in_any_of_its_writings(address: str, is_listed: bool) -> None:
    assert TERMS.lists(address) is is_listed


def test_without_networks_nobody_is_listed() -> None:
    assert not ObserveTerms(END).lists("10.20.3.4")

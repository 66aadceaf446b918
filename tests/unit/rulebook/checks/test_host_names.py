from __future__ import annotations

import pytest

from voltward.rulebook.checks.host_names import looks_like_host


@pytest.mark.parametrize(
    "name",
    [
        "csms.example",
        "a-b.example.org.",
        "x.xn--p1ai",
        "*.example.org",
        "https://example.org/x",
        "localhost",
        "10.0.0.7",
        "2001:db8::7",
        "[2001:db8::7]",
    ],
)
def test_names_of_servers_look_like_hosts(name: str) -> None:
    assert looks_like_host(name)


@pytest.mark.parametrize(
    "name",
    [
        "SN-0007",
        "SN-1.2",
        "EVB.P17.DE",
        "T-1.23.456",
        "0123456789",
        "a b.c",
        "NL*ABC*E1",
        "",
        "dead:beef:cafe",
    ],
)
def test_serials_do_not(name: str) -> None:
    assert not looks_like_host(name)

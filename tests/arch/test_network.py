"""The guard in tests/conftest.py holds: a test that leaves this machine fails by its own name."""

from __future__ import annotations

import socket

import pytest

# An address of documentation (RFC 5737): nobody would answer, should the guard fail.
ELSEWHERE = ("192.0.2.1", 9)


def test_a_test_cannot_reach_another_machine() -> None:
    with socket.socket() as out:
        out.settimeout(0.2)
        with pytest.raises(AssertionError, match="tests keep to"):
            out.connect(ELSEWHERE)


def test_a_test_cannot_listen_to_the_network() -> None:
    with socket.socket() as listener, pytest.raises(AssertionError, match="tests keep to"):
        listener.bind(("0.0.0.0", 0))


def test_loopback_is_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname(), timeout=5) as out:
            assert out.getpeername() == listener.getsockname()

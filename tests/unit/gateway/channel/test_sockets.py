from __future__ import annotations

import os
import socket

import pytest

from voltward.gateway.channel.sockets import Place, SocketsAtHand, open_socket

ANY = ("127.0.0.1", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_socket_listens_where_it_says_and_nobody_inherits_it(host: str) -> None:
    with open_socket((host, 0)) as made:
        assert made.getsockname()[0] == host
        assert not made.get_inheritable()
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1


def test_a_port_that_is_taken_is_the_systems_own_word() -> None:
    with open_socket(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        SocketsAtHand().listen(Place("tls", taken.getsockname()))


def test_a_socket_that_came_along_is_used_once_and_the_rest_is_given_back() -> None:
    here, unwanted = open_socket(("127.0.0.1", 0)), open_socket(("127.0.0.1", 0))
    at_hand = SocketsAtHand([(Place("tls", ANY), unwanted), (Place("plain", ANY), here)])

    assert at_hand.listen(Place("plain", ANY)) is here
    with at_hand.listen(Place("tls", ("127.0.0.2", 0))) as another:
        assert another not in (here, unwanted)
    at_hand.close()

    assert unwanted.fileno() == -1
    assert here.fileno() != -1
    here.close()


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_FDS": "1"},
        {"LISTEN_FDS": "1", "LISTEN_PID": "1"},  # somebody else's, left in the environment
        {"LISTEN_FDS": "many", "LISTEN_PID": str(os.getpid())},
    ],
)
def test_what_is_not_meant_for_this_process_is_left_alone(environ: dict[str, str]) -> None:
    at_hand = SocketsAtHand.told_by(environ, parent=2)

    with at_hand.listen(Place("tls", ANY)) as made:
        assert made.fileno() > 2

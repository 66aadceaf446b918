from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.soundness.network import (
    addresses,
    check_enrolment,
    check_metrics,
    check_plain,
    check_ports,
    check_publication,
    is_running,
)
from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.domain.errors import OperatorFault
from voltward.gateway.channel.sockets import open_socket
from voltward.gateway.health import HealthServer
from voltward.gateway.report import Metrics
from voltward.settings import Settings


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    """Settings alone, without keys or a store."""
    (tmp_path / "voltward.toml").write_text('[csms]\nurl = "ws://127.0.0.1:9000/ocpp"\n')
    return Site(tmp_path)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def problems(remarks: Iterator[Remark]) -> list[Problem]:
    return [remark for remark in remarks if isinstance(remark, Problem)]


# -- ports


def test_free_ports_are_no_finding(plain: Site) -> None:
    assert list(check_ports(addresses(plain.settings()))) == []


def test_a_port_in_use_is_told_by_its_setting(plain: Site, taken: int) -> None:
    (problem,) = problems(check_ports(addresses(plain.settings(f"gateway.listen=127.0.0.1:{taken}"))))

    assert "gateway.listen" in problem.what
    assert "ss -ltnp" in problem.mend
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ("127.0.0.1:5", "127.0.0.1:5", True),
        ("127.0.0.1:5", "127.0.0.1:6", False),
        ("127.0.0.1:0", "127.0.0.1:0", False),
    ],
)
def test_two_settings_do_not_share_a_port(plain: Site, one: str, other: str, collide: bool) -> None:
    settings = plain.settings(
        f"gateway.listen={one}", f"gateway.plain_listen={other}", 'gateway.plain_sources=["10.0.0.0/8"]'
    )

    found = [problem for problem in problems(check_ports(addresses(settings))) if "same port" in problem.what]

    assert bool(found) is collide


async def test_the_ports_of_a_running_gateway_are_its_own(plain: Site, taken: int) -> None:
    health = HealthServer(Metrics(), list, list)
    listening = open_socket(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    await health.start(listening)
    try:
        where = addresses(
            plain.settings(f"gateway.listen=127.0.0.1:{taken}", f"metrics.listen=127.0.0.1:{port}")
        )
        (note,) = await asyncio.to_thread(lambda: list(check_ports(where)))
    finally:
        await health.close()
    assert isinstance(note, Note)
    assert "a gateway answers" in note.what


def test_whatever_else_listens_there_is_no_gateway(taken: int) -> None:
    assert not is_running(("127.0.0.1", taken))
    assert not is_running(("127.0.0.1", 0))


@pytest.mark.parametrize("setting", ["gateway.listen", "metrics.listen", "gateway.plain_listen"])
def test_what_is_no_address_is_named(plain: Site, setting: str) -> None:
    with pytest.raises(OperatorFault) as caught:
        addresses(plain.settings(f"{setting}=everywhere"))
    assert caught.value.subject == setting


# -- profile 1


def plain_settings(site: Site, host: str, *networks: str) -> Settings:
    listed = ", ".join(f'"{network}"' for network in networks)
    return site.settings(f"gateway.plain_listen={host}", f"gateway.plain_sources=[{listed}]")


def test_profile_1_is_off_and_nothing_is_said(plain: Site) -> None:
    assert list(check_plain(plain.settings())) == []


def test_in_a_private_network_profile_1_is_a_note(plain: Site) -> None:
    (note,) = check_plain(plain_settings(plain, "10.20.0.1:8080", "10.20.0.0/16", "fd00::/8"))

    assert isinstance(note, Note)


@pytest.mark.parametrize("network", ["0.0.0.0/0", "203.0.114.0/24", "::/0", "2a00::/16"])
def test_profile_1_from_a_public_network_is_an_error(plain: Site, network: str) -> None:
    (problem,) = problems(check_plain(plain_settings(plain, "10.20.0.1:8080", "10.0.0.0/8", network)))

    assert (problem.severity, network in problem.what) == (Severity.ERROR, True)


@pytest.mark.parametrize("host", ["0.0.0.0:8080", "[::]:8080", "8.8.8.8:8080"])
def test_a_plain_listener_on_a_public_address_is_a_warning(plain: Site, host: str) -> None:
    (problem,) = problems(check_plain(plain_settings(plain, host, "10.0.0.0/8")))

    assert (problem.severity, "A00.FR.201" in problem.what) == (Severity.WARNING, True)


def test_a_plain_listener_needs_its_networks(plain: Site) -> None:
    assert problems(check_plain(plain_settings(plain, "10.20.0.1:8080")))


# -- the way to the CSMS, and the numbers


@pytest.mark.parametrize(
    ("host", "told"), [("127.0.0.1:9464", False), ("0.0.0.0:9464", True), ("10.0.0.1:9464", True)]
)
def test_numbers_for_everybody_are_a_note(plain: Site, host: str, told: bool) -> None:
    assert [type(remark) for remark in check_metrics(plain.settings(f"metrics.listen={host}"))] == [
        Note
    ] * told


@pytest.mark.parametrize(
    ("listen", "told"),
    [("", False), ("127.0.0.1:8444", False), ("10.0.0.1:8444", False), ("0.0.0.0:8444", True)],
)
def test_a_second_door_for_everybody_is_a_note(plain: Site, listen: str, told: bool) -> None:
    settings = plain.settings(f"enrolment.listen={listen}")

    assert [type(remark) for remark in check_enrolment(settings)] == [Note] * told
    assert ("enrolment.listen" in addresses(settings)) is bool(listen)


def test_the_port_of_what_is_published_is_looked_at_like_the_others(plain: Site, taken: int) -> None:
    settings = plain.settings(f"publication.listen=127.0.0.1:{taken}", "metrics.listen=127.0.0.1:0")

    (problem,) = [
        remark
        for remark in check_ports({"metrics.listen": ("127.0.0.1", 0), **_published(settings)})
        if isinstance(remark, Problem)
    ]

    assert problem.what.startswith(f"publication.listen: 127.0.0.1:{taken} cannot be had")
    with pytest.raises(OperatorFault):
        addresses(plain.settings("publication.listen=nowhere"))


def _published(settings: Settings) -> dict[str, tuple[str, int]]:
    return {"publication.listen": addresses(settings)["publication.listen"]}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            ("publication.listen=127.0.0.1:8080", "certificates.crl_url=http://pki.example"),
            "this machine alone",
        ),
        (("publication.listen=0.0.0.0:8080",), "no certificate says so"),
        (('certificates.status_networks=["10.0.0.0/8"]',), "lists no host"),
        (
            ('certificates.status_networks=["9.9.9.0/24"]', 'certificates.status_hosts=["ocsp.example"]'),
            "not private",
        ),
    ],
)
def test_what_is_published_to_nobody_and_networks_for_nobody_are_told(
    plain: Site, said: tuple[str, ...], words: str
) -> None:
    (remark,) = check_publication(plain.settings(*said))

    assert words in remark.what


def test_nothing_is_said_where_nothing_is_set(plain: Site) -> None:
    assert list(check_publication(plain.settings())) == []

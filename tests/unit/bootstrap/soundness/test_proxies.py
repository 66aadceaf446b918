from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.soundness.proxies import check_proxies, check_terminated
from voltward.bootstrap.soundness.remarks import Note, Problem

ON = ('gateway.terminated.sources=["10.0.0.0/28"]', "gateway.terminated.listen=10.0.0.9:8480")
TOLD = (
    "gateway.terminated.source_header=X-Real-IP",
    "gateway.terminated.version_header=X-TLS-Version",
    "gateway.terminated.suite_header=X-TLS-Suite",
    "gateway.terminated.vouched=[]",
)


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[csms]\nurl = "ws://127.0.0.1:9000/ocpp"\n')
    return Site(tmp_path)


def test_without_proxies_there_is_nothing_to_say(plain: Site) -> None:
    assert [*check_proxies(plain.settings()), *check_terminated(plain.settings())] == []


def test_a_balancer_that_does_not_announce_is_told(plain: Site) -> None:
    listed = 'gateway.proxies.sources=["10.0.0.0/28"]'
    (note,) = check_proxies(plain.settings(listed))

    assert isinstance(note, Note)
    assert "share their addresses" in note.what
    assert list(check_proxies(plain.settings(listed, "gateway.proxies.protocol=required"))) == []


def test_what_a_terminating_proxy_is_trusted_with_is_told(plain: Site) -> None:
    assert list(check_terminated(plain.settings(*ON, *TOLD))) == []
    (note,) = check_terminated(plain.settings(*ON, *TOLD, "gateway.terminated.certificate=nginx"))
    assert isinstance(note, Note)
    assert "only the proxy has seen" in note.what


def test_stations_that_share_one_address_are_a_problem(plain: Site) -> None:
    (problem,) = check_terminated(plain.settings(*ON, *TOLD[1:]))

    assert isinstance(problem, Problem)
    assert "source_header" in problem.mend
    announced = check_terminated(plain.settings(*ON, *TOLD[1:], "gateway.terminated.protocol=required"))
    assert list(announced) == []


def test_what_nobody_tells_and_nobody_answers_for_is_a_problem(plain: Site) -> None:
    version, suite, note = check_terminated(plain.settings(*ON, TOLD[0]))

    assert isinstance(version, Problem)
    assert isinstance(suite, Problem)
    assert ("TLS-02" in version.what, "TLS-03" in suite.what) == (True, True)
    assert isinstance(note, Note)
    assert note.what.startswith("for TLS-04, TLS-06")
    answered = 'gateway.terminated.vouched=["TLS-02", "TLS-03"]'
    (note,) = check_terminated(plain.settings(*ON, TOLD[0], answered))
    assert isinstance(note, Note)


@pytest.mark.parametrize(
    ("more", "is_problem"), [((), True), (("gateway.terminated.client_ca=proxies.pem",), False)]
)
def test_an_open_port_without_tls_is_a_problem(plain: Site, more: tuple[str, ...], is_problem: bool) -> None:
    settings = plain.settings(*ON, *TOLD, "gateway.terminated.listen=0.0.0.0:8480", *more)

    assert bool(list(check_terminated(settings))) is is_problem

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.builders import authority
from tests.fakes.certificates import Authority
from tests.fakes.clock import NOON
from tests.unit.cli.conftest import Shell
from voltward.cli.ca.authority_lists import list_facts, say_lists
from voltward.domain.revocation_list import ListHead, ListRule
from voltward.ports.revocation_lists import ListLook

ROOT, OTHER = Authority.create("Partner CA"), Authority.create("Another CA")
URL = "http://pki.example/partner.crl"
TRUSTED = authority("Partner CA", revocation_list=ListRule(URL))
HEAD = ListHead(TRUSTED.id, 3, NOON, NOON + timedelta(days=1), 2)
LOOK = ListLook(TRUSTED.id, URL, NOON, NOON, list=HEAD)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ROOT.certificate_pem)
    return str(path)


def test_an_authority_is_trusted_with_its_list(shell: Shell, file: str) -> None:
    shell.done("ca", "trust", file, "--for", "stations", "--crl", URL)

    (shown,) = shell.done("ca", "show", "--json").json["authorities"]
    assert (shown["list"]["source"], shown["list"]["on_stale"], shown["list"]["stale"]) == (
        URL,
        "admit",
        True,
    )
    assert "not looked for yet" in shell.done("ca", "show").out
    shell.done("ca", "trust", file, "--for", "stations")
    (shown,) = shell.done("ca", "show", "--json").json["authorities"]
    assert shown["list"] is None


def test_a_file_is_kept_with_its_whole_path(shell: Shell, file: str, tmp_path: Path) -> None:
    (tmp_path / "ca.crl").write_bytes(ROOT.revocation_list())
    order = ("ca", "trust", file, "--for", "manufacturers", "--on-stale", "refuse")

    shell.done(*order, "--crl", str(tmp_path / "ca.crl"))

    (shown,) = shell.done("ca", "show", "--json").json["authorities"]
    assert (shown["list"]["source"], shown["list"]["on_stale"]) == (str(tmp_path / "ca.crl"), "refuse")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (("--on-stale", "refuse"), "without a list"),
        (("--crl", "gone.crl"), "no such file"),
        (("--crl", "ldap://pki.example/cn=ca"), "no place for a list"),
        (("--crl", "http://"), "no place for a list"),
    ],
)
def test_what_is_no_order_for_a_list_is_status_2(
    shell: Shell, file: str, said: tuple[str, ...], why: str
) -> None:
    ran = shell("ca", "trust", file, "--for", "stations", *said)

    assert (ran.status, why in ran.err) == (2, True)


def test_one_list_is_not_that_of_two_authorities(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "both.pem").write_bytes(ROOT.certificate_pem + OTHER.certificate_pem)

    ran = shell("ca", "trust", str(tmp_path / "both.pem"), "--for", "stations", "--crl", URL)

    assert (ran.status, "2 authorities" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("look", "hours", "said"),
    [
        (LOOK, 1, "2 revoked, good until 2026-11-23"),
        (LOOK, 30, "2 revoked, over since 2026-11-23"),
        (ListLook(TRUSTED.id, URL, NOON, NOON, 2, "cannot be had: gone"), 1, "none yet (the list cannot be"),
    ],
)
def test_its_state_is_told(capsys: pytest.CaptureFixture[str], look: ListLook, hours: int, said: str) -> None:
    now = NOON + timedelta(hours=hours)
    say_lists([TRUSTED, authority("Free CA")], [look], now)

    (line,) = capsys.readouterr().out.splitlines()
    assert said in line
    facts = list_facts(TRUSTED, look, now)
    assert facts is not None
    assert facts["stale"] == (hours == 30 or look.list is None)
    assert list_facts(authority(), None, now) is None

from __future__ import annotations

from datetime import timedelta

from tests.fakes.deployments import Site
from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.soundness.authorities import check_authorities
from voltward.bootstrap.soundness.remarks import Problem, Severity

NOW = SystemClock().now()
YEAR = timedelta(days=365)


def problems(site: Site, years: float = 0) -> list[Problem]:
    found = check_authorities(site.settings(), NOW + years * YEAR)
    return [remark for remark in found if isinstance(remark, Problem)]


def test_a_new_deployment_has_all_its_authorities(site: Site) -> None:
    assert problems(site) == []


def test_an_authority_that_waits_for_its_certificate_is_told(site: Site) -> None:
    public = site.folder / "public"
    (public / "stations-ca-rsa.pem").rename(public / "stations-ca-rsa.csr")

    (problem,) = problems(site)

    assert "stations-ca-rsa has no certificate yet" in problem.what
    assert "ca install" in problem.mend


def test_an_authority_that_ends_is_told_a_year_ahead(site: Site) -> None:
    ending, ended = problems(site, 9.5), problems(site, 10.5)

    assert {one.severity for one in ending} == {Severity.WARNING}
    assert any("stations-ca-ecdsa ends on" in one.what for one in ending)
    assert any("stations-ca-ecdsa ended on" in one.what for one in ended)


def test_without_the_folder_there_is_nothing_to_say(site: Site) -> None:
    (site.folder / "public").rename(site.folder / "away")

    assert problems(site) == []

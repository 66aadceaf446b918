from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.fakes.arrivals import trusted
from tests.fakes.builders import station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.certificates import Validity
from tests.fakes.deployments import Site
from tests.fakes.postgres import PostgresServer
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.soundness.registry import (
    check_authorities,
    check_groups_in_use,
    check_lists,
    check_store_is_there,
)
from voltward.bootstrap.soundness.remarks import Note, Problem, Severity
from voltward.domain.authority import TrustedFor
from voltward.domain.revocation_list import ListHead, ListRule, OnStale
from voltward.domain.station import Standing
from voltward.ports.revocation_lists import ListLook

NOW = datetime.now(UTC)  # noqa: TID251 - the certificates of the fakes live around the real time
ROOT = MadeAuthority.create("Station CA")
ENDING = MadeAuthority.create("Ending CA", validity=Validity.days(-300, 30))
ENDED = MadeAuthority.create("Ended CA", validity=Validity.days(-300, -1))


async def test_a_store_that_is_gone_is_an_error_before_an_empty_one_is_made(site: Site) -> None:
    assert [remark async for remark in check_store_is_there(site.settings())] == []
    (site.folder / "voltward.db").unlink()

    (problem,) = [remark async for remark in check_store_is_there(site.settings())]

    assert isinstance(problem, Problem)
    assert not (site.folder / "voltward.db").exists()


async def test_a_database_without_a_store_is_an_error_before_one_is_made(
    site: Site, postgres_server: PostgresServer
) -> None:
    name = postgres_server.new_database()
    settings = site.settings(f"store.url={postgres_server.url(name)}")

    (problem,) = [remark async for remark in check_store_is_there(settings)]
    assert isinstance(problem, Problem)
    assert "is empty" in problem.what
    assert postgres_server.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name) == "0"

    async with open_deployment(settings):
        pass
    assert [remark async for remark in check_store_is_there(settings)] == []
    (warning,) = [
        remark
        async for remark in check_store_is_there(
            site.settings(f"store.url={postgres_server.url(name)}", "store.tls=require")
        )
    ]
    assert isinstance(warning, Problem)
    assert warning.severity is Severity.WARNING
    postgres_server.drop(name)


def test_an_authority_in_its_middle_years_is_no_finding() -> None:
    assert list(check_authorities([trusted(ROOT)], NOW)) == []


def test_an_authority_that_ends_soon_is_a_warning_and_an_ended_one_an_error() -> None:
    soon, over = check_authorities([trusted(ENDING), trusted(ENDED)], NOW)

    assert isinstance(soon, Problem)
    assert isinstance(over, Problem)
    assert (soon.severity, over.severity) == (Severity.WARNING, Severity.ERROR)


def test_an_authority_that_is_trusted_no_more_may_end() -> None:
    assert [type(remark) for remark in check_authorities([trusted(ENDED, retired_at=NOW)], NOW)] == [Note]


def test_without_an_authority_for_stations_profile_3_is_shut_and_that_is_a_note() -> None:
    makers = trusted(ROOT, trusted_for=TrustedFor.MANUFACTURERS)

    for authorities in ([], [makers]):
        (note,) = check_authorities(authorities, NOW)
        assert isinstance(note, Note)


def test_a_group_that_the_settings_do_not_know_is_a_note(site: Site) -> None:
    fleet = [
        station("CP1"),
        station("CP2", group="site-a"),
        station("CP3", group="site-b"),
        station("CP4", group="site-c", standing=Standing.RETIRED),
    ]

    (note,) = check_groups_in_use(fleet, site.settings("group.site-a.deflate=true"))

    assert "'site-b'" in note.what


def test_a_list_that_is_over_or_cannot_be_had_is_a_warning() -> None:
    partner = replace(trusted(ROOT), revocation_list=ListRule("/lists/partner.crl", OnStale.REFUSE))
    head = ListHead(partner.id, 1, NOW, NOW + timedelta(hours=1), 0)
    good = ListLook(partner.id, "/lists/partner.crl", NOW, NOW, list=head)
    failed = replace(good, failures=2, problem="cannot be had: gone")

    def said(look: ListLook, now: datetime = NOW) -> str:
        (warning,) = check_lists([partner, trusted(ENDING)], [look], now)
        assert isinstance(warning, Problem)
        assert warning.severity is Severity.WARNING
        return warning.what

    assert list(check_lists([partner], [], NOW)) == list(check_lists([partner], [good], NOW)) == []
    assert "was not renewed. The list cannot be had: gone." in said(failed)
    assert "is over: its stations are refused." in said(good, NOW + timedelta(hours=2))
    assert "was never taken" in said(replace(failed, list=None))

from __future__ import annotations

import pytest

from voltward.adapters.sql.engines.postgres_place import PostgresPlace, names_postgres, postgres_place
from voltward.domain.errors import OperatorFault


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://volt@db.example/registry", PostgresPlace("volt", "db.example", 5432, "registry")),
        ("postgres://volt@10.0.0.7:6432/registry", PostgresPlace("volt", "10.0.0.7", 6432, "registry")),
        ("postgresql://volt@[::1]:5433/registry", PostgresPlace("volt", "::1", 5433, "registry")),
        ("postgresql://v%40x@db/a%20b", PostgresPlace("v@x", "db", 5432, "a b")),
        ("postgresql://volt@/registry?host=/run/pg", PostgresPlace("volt", "/run/pg", 5432, "registry")),
        ("postgresql://volt@:5433/registry?host=/run/pg", PostgresPlace("volt", "/run/pg", 5433, "registry")),
    ],
)
def test_a_url_is_read(url: str, place: PostgresPlace) -> None:
    assert names_postgres(url)
    assert postgres_place(url) == place


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://db/registry", "it names no user"),
        ("postgresql://volt@db", "it names no database"),
        ("postgresql://volt@db/", "it names no database"),
        ("postgresql://volt@db/a/b", "it names no database"),
        ("postgresql://volt@/registry", "it names no host"),
        ("postgresql://volt@db:many/registry", "it cannot be read"),
        ("postgresql://volt@db/registry?sslmode=disable", "it has options"),
        ("postgresql://volt@db/registry?host=/run/pg", "in place of a host"),
        ("postgresql://volt@/registry?host=db", "in place of a host"),
        ("postgresql+psycopg://volt@db/registry", "it begins with neither"),
    ],
)
def test_what_is_no_url_of_ours_is_refused_with_an_example(url: str, why: str) -> None:
    assert names_postgres(url)
    with pytest.raises(OperatorFault, match=why) as caught:
        postgres_place(url)
    assert caught.value.mend == "Write postgresql://USER@HOST/DATABASE."
    assert "volt@" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://volt:hunter2@db/registry", "postgresql://volt:@db/registry"])
def test_a_password_in_the_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(OperatorFault, match=r"store\.password = \"file:PATH\"") as caught:
        postgres_place(url)
    assert "hunter2" not in str(caught.value)


def test_other_urls_mean_no_postgresql() -> None:
    assert not names_postgres("sqlite:///postgresql.db")
    assert not names_postgres("postgresql.db")


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("/run/pg", True),
        ("localhost", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("10.0.0.7", False),
        ("db", False),
    ],
)
def test_what_stays_on_this_machine(host: str, is_local: bool) -> None:
    place = PostgresPlace("volt", host, 5432, "registry")
    assert place.is_local is is_local
    assert place.is_socket is host.startswith("/")


def test_a_place_reads_well() -> None:
    assert str(PostgresPlace("volt", "::1", 5432, "registry")) == "registry at [::1]:5432"

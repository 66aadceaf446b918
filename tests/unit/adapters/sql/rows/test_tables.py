from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime
from sqlalchemy.dialects import postgresql, sqlite

from voltward.adapters.sql.rows.columns import Utc
from voltward.adapters.sql.rows.tables import METADATA

AGGREGATES = {"stations", "credentials", "authorities", "denied_certificates", "exceptions"}


def test_every_aggregate_carries_its_tenant() -> None:
    with_tenant = {table.name for table in METADATA.tables.values() if "tenant" in table.columns}

    assert with_tenant >= AGGREGATES | {"operators", "enrolments"}


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
@given(
    moment=st.datetimes(
        datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9)), timezone(timedelta(hours=5.5))]),
    )
)
def test_a_moment_is_stored_in_utc_and_comes_back_aware(dialect: sqlite.dialect, moment: datetime) -> None:
    stored = Utc().process_bind_param(moment, dialect)
    assert stored is not None
    assert stored.tzinfo is UTC

    for given_back in (stored, stored.replace(tzinfo=None)):  # as databases with and without zones give it
        found = Utc().process_result_value(given_back, dialect)
        assert found is not None
        assert (found, found.tzinfo) == (moment, UTC)


def test_no_moment_stays_no_moment() -> None:
    assert Utc().process_bind_param(None, sqlite.dialect()) is None
    assert Utc().process_result_value(None, sqlite.dialect()) is None


def test_a_moment_without_a_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="zone"):
        Utc().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001


@given(moment=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5.5))])))
def test_sqlite_has_it_as_the_library_writes_it(moment: datetime) -> None:
    dialect = sqlite.dialect()
    ours, plain = Utc().dialect_impl(dialect), DateTime().dialect_impl(dialect)
    write, read, written = (
        ours.bind_processor(dialect),
        ours.result_processor(dialect, None),
        plain.bind_processor(dialect),
    )
    assert write is not None
    assert read is not None
    assert written is not None

    try:
        stored = moment.astimezone(UTC)
    except OverflowError:  # a day before the first, or after the last
        return
    assert write(moment) == written(stored)
    assert (read(write(moment)), read(None), write(None)) == (moment, None, None)

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import self_signed
from voltward.cli.reading import certificates_in, read_date, read_password
from voltward.domain.errors import OperatorFault

LARGEST = 1024 * 1024


def test_a_file_that_is_too_large_is_refused_and_not_read_in_part(tmp_path: Path) -> None:
    pem = self_signed().certificate_pem
    (tmp_path / "largest").write_bytes(pem.ljust(LARGEST, b"\n"))
    (tmp_path / "larger").write_bytes(pem.ljust(LARGEST + 1, b"\n"))

    assert len(certificates_in(tmp_path / "largest")) == 1
    with pytest.raises(OperatorFault, match="no bundle of certificates has"):
        certificates_in(tmp_path / "larger")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_file_without_an_end_is_not_waited_for() -> None:
    assert len(read_password("/dev/zero")) == LARGEST + 1  # too long for any station: refused further on
    with pytest.raises(OperatorFault):
        certificates_in(Path("/dev/zero"))


@pytest.mark.parametrize("text", ["9999-12-31T23:59-05:00", "0001-01-01T00:00+05:00"])
def test_a_time_that_is_none_in_utc_is_no_date(text: str) -> None:
    with pytest.raises(OperatorFault, match="is no date"):
        read_date(text)


@given(st.datetimes(timezones=st.timezones() | st.none()))
def test_a_time_is_told_in_utc_whatever_its_offset(when: datetime) -> None:
    try:
        read = read_date(when.isoformat())
    except OperatorFault:
        return
    assert read.tzinfo is UTC
    expected = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    assert read == datetime.fromisoformat(expected.isoformat())

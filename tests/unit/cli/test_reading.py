from __future__ import annotations

import io
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import Authority
from voltward.cli.reading import certificates_in, one_certificate, read_date, read_password
from voltward.domain.errors import OperatorFault, OutsideFault

ROOT = Authority.create("Root")
CHAIN = Authority.create("Issuing", parent=ROOT).issue()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2027-03-31", datetime(2027, 4, 1, tzinfo=UTC)),  # the whole day counts
        ("2027-03-31T18:00", datetime(2027, 3, 31, 18, tzinfo=UTC)),
        ("2027-03-31T18:00+02:00", datetime(2027, 3, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_date_is_a_whole_day_and_a_time_is_itself(text: str, when: datetime) -> None:
    assert read_date(text) == when


@given(st.text(max_size=20))
def test_a_date_is_aware_or_refused(text: str) -> None:
    with suppress(OperatorFault):
        assert read_date(text).tzinfo is not None


@pytest.mark.parametrize("text", ["tomorrow", "", "31.3.2027", "9999-12-31"])
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(OperatorFault, match="is no date"):
        read_date(text)


def test_certificates_are_read_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "chain.pem").write_bytes(CHAIN.chain_pem)
    (tmp_path / "leaf.der").write_bytes(CHAIN.der)

    assert len(certificates_in(tmp_path / "chain.pem")) == 2
    assert one_certificate(tmp_path / "chain.pem") == one_certificate(tmp_path / "leaf.der") == CHAIN.der


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no certificate in it"),
        (CHAIN.key_pem, "no certificate in it"),
        (b"\x30\x82\x00\x01x", "readable"),
    ],
)
def test_a_file_without_a_certificate_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(OperatorFault, match=words) as caught:
        certificates_in(tmp_path / "file")
    assert caught.value.subject == str(tmp_path / "file")


def test_a_file_that_cannot_be_read_is_the_outsides_fault(tmp_path: Path) -> None:
    for read in (lambda: certificates_in(tmp_path / "gone"), lambda: read_password(str(tmp_path / "gone"))):
        with pytest.raises(OutsideFault, match="cannot be read"):
            read()


@pytest.mark.parametrize("content", [b"correct horse", b"correct horse\n", b"correct horse\r\n"])
def test_a_password_is_one_line_without_its_end(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "password").write_bytes(content)

    assert read_password(str(tmp_path / "password")).reveal() == b"correct horse"


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n"])
def test_no_line_and_two_lines_are_no_password(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "password").write_bytes(content)

    with pytest.raises(OperatorFault, match="not one line"):
        read_password(str(tmp_path / "password"))


def test_a_password_may_come_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"correct \xff horse\n")))

    assert read_password("-").reveal() == b"correct \xff horse"

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import subject_of
from tests.fakes.signing_requests import element, identifier, name
from voltward.crypto.reading.der import MalformedDer, first_element
from voltward.crypto.reading.directory_names import COMMON_NAME, ORGANISATION, DirectoryName, read_name

CN = "2.5.4.3"


def read(der: bytes) -> DirectoryName:
    return read_name(first_element(der))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=16))
def test_a_library_s_name_reads_back(text: str) -> None:
    found = read(subject_of(text, "Example CPO").public_bytes())

    assert found.values(COMMON_NAME) == (text,)
    assert found.values(ORGANISATION) == ("Example CPO",)
    assert found.oddities == ()


@pytest.mark.parametrize(
    ("tag", "octets", "text", "odd"),
    [
        (0x0C, "Zürich".encode(), "Zürich", False),
        (0x13, b"SN-1", "SN-1", False),
        (0x13, b"SN_1@x", "SN_1@x", True),
        (0x13, "Zürich".encode(), "Zürich", True),
        (0x14, "Zürich".encode("latin-1"), "Zürich", True),
        (0x0C, "Zürich".encode("latin-1"), "Zürich", True),
        (0x16, b"SN-1", "SN-1", False),
        (0x1E, "SN-1".encode("utf-16-be"), "SN-1", False),
        (0x1C, "SN-1".encode("utf-32-be"), "SN-1", False),
        (0x1E, b"SN1", "SN1", True),
        (0x12, b"4711", "4711", False),
        (0x0C, b"", "", False),
        (0x04, b"\x01\x02", "0102", True),
    ],
)
def test_every_kind_of_text_is_read(tag: int, octets: bytes, text: str, odd: bool) -> None:
    found = read(name((CN, tag, octets)))

    assert found.values(CN) == (text,)
    assert bool(found.oddities) is odd


def test_several_of_a_kind_stay_several() -> None:
    found = read(name((CN, 0x0C, b"SN-1"), ("2.5.4.11", 0x0C, b"A"), (CN, 0x0C, b"SN-2")))

    assert found.values(CN) == ("SN-1", "SN-2")


def test_several_in_one_set_are_seen() -> None:
    pairs = (element(0x30, identifier(CN), element(0x0C, one)) for one in (b"SN-1", b"SN-2"))

    assert read(element(0x30, element(0x31, *pairs))).values(CN) == ("SN-1", "SN-2")


def test_a_missing_value_is_an_empty_one() -> None:
    assert read(element(0x30, element(0x31, element(0x30, identifier(CN))))).values(CN) == ("",)


def test_people_see_short_names_and_nothing_that_a_terminal_obeys() -> None:
    found = read(name(("2.5.4.10", 0x0C, b"Example\x1b[2J"), (CN, 0x0C, b"SN-1"), ("1.2.3", 0x0C, b"x")))

    assert str(found) == "O=Example?[2J, CN=SN-1, 1.2.3=x"


def test_what_people_see_is_bounded() -> None:
    assert len(str(read(name(*[("2.5.4.11", 0x0C, b"A" * 60)] * 20)))) < 300


def test_a_long_text_is_cut_and_equals_no_other() -> None:
    found = read(name((CN, 0x0C, b"A" * 300)))

    assert len(found.values(CN)[0]) < 300
    assert found.values(CN) != ("A" * 256,)
    assert found.oddities


@pytest.mark.parametrize(
    "der",
    [
        b"\x31\x00",
        element(0x30, element(0x30)),
        element(0x30, element(0x31, element(0x30))),
        element(0x30, element(0x31, element(0x31))),
        element(0x30, *[element(0x31)] * 40),
    ],
)
def test_what_is_no_name_is_malformed(der: bytes) -> None:
    with pytest.raises(MalformedDer):
        read(der)

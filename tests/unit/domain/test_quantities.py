from __future__ import annotations

import pytest

from voltward.domain.quantities import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500 ms", 0.5),
        ("10 s", 10.0),
        ("10s", 10.0),
        ("1.5 min", 90.0),
        ("24 h", 86_400.0),
        ("30 d", 2_592_000.0),
    ],
)
def test_durations_have_units(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "octets"), [("512 B", 512), ("16 KiB", 16_384), ("1 MiB", 2**20), ("0.5 GiB", 2**29)]
)
def test_sizes_have_units(text: str, octets: int) -> None:
    assert parse_size(text) == octets


@pytest.mark.parametrize("text", ["10", "s", "10 S", "-1 s", "10 s s", "1e3 s", "10 KB", ""])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="10 s"):
        parse_duration(text)
    with pytest.raises(ValueError, match="1 MiB"):
        parse_size(text)

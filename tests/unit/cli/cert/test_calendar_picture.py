from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

from tests.fakes.clock import NOON
from voltward.cli.cert.calendar_picture import calendar_svg, months
from voltward.usecases.views.certificate_calendar import DarkDay

DAYS = [
    DarkDay(NOON, "certificates of stations", 3),
    DarkDay(NOON + timedelta(days=1), "certificates of stations", 4),
    DarkDay(NOON + timedelta(days=40), "authority <CN=A & B>"),
    DarkDay(NOON + timedelta(days=40), "authority C"),
]


def test_days_are_told_by_month_in_order() -> None:
    assert months(DAYS[::-1]) == {
        "2026-11": (7, []),
        "2027-01": (0, ["2027-01-01: authority <CN=A & B>; authority C"]),
    }


def test_the_picture_is_well_formed_whatever_names_say() -> None:
    drawn = ET.fromstring(calendar_svg(DAYS))  # noqa: S314 (made here)

    assert len([each for each in drawn if each.tag.endswith("rect")]) == 2
    assert ET.fromstring(calendar_svg([])) is not None  # noqa: S314


def test_the_picture_is_as_wide_as_its_longest_line() -> None:
    many = [DarkDay(NOON, f"authority {number:04}") for number in range(20)]
    drawn = ET.fromstring(calendar_svg(many))  # noqa: S314 (made here)
    words = max(len(each.text or "") for each in drawn)

    assert int(drawn.attrib["width"]) > 7 * words > 900

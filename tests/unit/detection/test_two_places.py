from __future__ import annotations

from voltward.detection.two_places import Place, TwoPlaces, TwoPlacesDetector
from voltward.domain.station import StationId

STATION = StationId("CP-7")
HERE, THERE = Place("192.0.2.1", "SN-0007"), Place("192.0.2.2", None)


def test_both_sides_are_shown() -> None:
    finding = TwoPlacesDetector().met(STATION, HERE, THERE, now=0.0)

    assert finding == TwoPlaces(STATION, incumbent=HERE, newcomer=THERE)


def test_one_source_is_one_place() -> None:
    assert TwoPlacesDetector().met(STATION, HERE, Place(HERE.source, "SN-0008"), now=0.0) is None


def test_it_is_said_once_in_a_while_and_counts_what_it_kept_back() -> None:
    detector = TwoPlacesDetector(quiet_seconds=600)
    findings = [detector.met(STATION, HERE, THERE, now=float(second)) for second in range(0, 601, 60)]

    assert [finding.unsaid if finding else None for finding in findings] == [0, *[None] * 9, 9]


def test_stations_do_not_hush_each_other() -> None:
    detector = TwoPlacesDetector()
    detector.met(STATION, HERE, THERE, now=0.0)

    assert detector.met(StationId("CP-8"), HERE, THERE, now=0.0) is not None


def test_its_memory_is_bounded() -> None:
    detector = TwoPlacesDetector(remembered=2)
    for number in (7, 8, 9):
        detector.met(StationId(f"CP-{number}"), HERE, THERE, now=0.0)

    assert detector.met(StationId("CP-9"), HERE, THERE, now=1.0) is None
    assert detector.met(STATION, HERE, THERE, now=1.0) is not None  # forgotten, so it is said again

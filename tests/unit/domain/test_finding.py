from __future__ import annotations

from datetime import UTC, datetime, timedelta

from voltward.domain.finding import ControlException

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_an_exception_holds_for_one_control_until_its_end() -> None:
    exception = ControlException("CERT-03", NOW, "ann", "renewal is ordered")

    assert exception.holds("CERT-03", NOW - timedelta(seconds=1))
    assert not exception.holds("CERT-03", NOW)
    assert not exception.holds("CERT-02", NOW - timedelta(seconds=1))

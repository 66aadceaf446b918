from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.fakes.builders import event
from voltward.worker.calls_for_people import CALLS, call_people


@pytest.mark.parametrize("kind", sorted(CALLS))
def test_what_needs_somebody_is_a_warning_with_all_its_facts(kind: str) -> None:
    with capture_logs() as lines:
        call_people([event(kind, what="nobody signs", mend="Look at it")])
    facts = {"subject": "CP001", "what": "nobody signs", "mend": "Look at it"}
    assert lines == [{"event": kind, "log_level": "warning", **facts}]


def test_what_is_over_is_told_without_alarm() -> None:
    with capture_logs() as lines:
        call_people([event("authority_list_recovered")])
    assert [line["log_level"] for line in lines] == ["info"]


def test_steps_stay_in_the_journal() -> None:
    with capture_logs() as lines:
        call_people([event("lifecycle_advanced"), event("certificate_issued")])
    assert lines == []

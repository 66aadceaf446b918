from __future__ import annotations

from datetime import timedelta

from voltward.domain.quantities import Duration
from voltward.lifecycles.renewal_state import DEFAULT_TERMS
from voltward.lifecycles.renewal_time import ScheduleTerms
from voltward.usecases.lifecycles.renewal_settings import RenewalSettings


def test_the_defaults_of_the_settings_are_those_of_the_machine_and_of_the_schedule() -> None:
    assert RenewalSettings().terms() == DEFAULT_TERMS
    assert RenewalSettings().schedule() == ScheduleTerms()


def test_what_is_set_arrives() -> None:
    settings = RenewalSettings(at=0.5, at_once=3, csr_patience=Duration(60), restart=True)

    assert settings.terms().csr_patience == timedelta(minutes=1)
    assert settings.terms().restarts
    assert (settings.schedule().share, settings.schedule().at_once) == (0.5, 3)

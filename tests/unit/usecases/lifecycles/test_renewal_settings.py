from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from voltward.domain.errors import OperatorFault
from voltward.domain.quantities import Duration
from voltward.lifecycles.renewal_state import DEFAULT_TERMS
from voltward.lifecycles.renewal_time import ScheduleTerms
from voltward.ports.lifecycles import LONGEST_SLEEP
from voltward.usecases.lifecycles.renewal_settings import RenewalSettings


def test_the_defaults_of_the_settings_are_those_of_the_machine_and_of_the_schedule() -> None:
    assert RenewalSettings().terms() == DEFAULT_TERMS
    assert RenewalSettings().schedule() == ScheduleTerms()


@pytest.mark.parametrize("name", ["csr_patience", "proof_patience", "stuck_pause"])
def test_no_wait_is_so_long_that_it_is_taken_for_one_of_a_wrong_clock(name: str) -> None:
    longest = Duration(30 * 86400.0)
    terms = structs.replace(RenewalSettings(), **{name: longest}).terms()
    assert getattr(terms, name) + timedelta(hours=1) < LONGEST_SLEEP

    with pytest.raises(OperatorFault, match=f"certificates.renewal.{name}") as refused:
        structs.replace(RenewalSettings(), **{name: Duration(longest + 1)}).terms()
    assert refused.value.mend == "Write at most 30 d."


def test_what_is_set_arrives() -> None:
    settings = RenewalSettings(at=0.5, at_once=3, csr_patience=Duration(60), restart=True)

    assert settings.terms().csr_patience == timedelta(minutes=1)
    assert settings.terms().restarts
    assert (settings.schedule().share, settings.schedule().at_once) == (0.5, 3)

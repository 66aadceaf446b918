from __future__ import annotations

import pytest

from voltward.simulator.attacks.evidence import judged
from voltward.simulator.attacks.target import Sight
from voltward.simulator.link import HttpRefused, NoAnswer, Outcome, TlsRefused


@pytest.mark.parametrize(
    ("outcome", "sight"),
    [
        (HttpRefused(401, (), b"", 0.5), Sight("HTTP 401", held=True)),
        (HttpRefused(503, (), b"", 0.5), Sight("HTTP 503", held=False)),
        (TlsRefused("unknown_ca", 0.1), Sight("TLS alert unknown_ca", held=True)),
        (TlsRefused("internal_error", 0.1), Sight("TLS alert internal_error", held=False)),
        (NoAnswer("no answer in time", 10.0), Sight("no answer in time", held=False)),
    ],
)
async def test_only_a_refusal_that_was_seen_is_evidence(outcome: Outcome, sight: Sight) -> None:
    assert await judged(outcome, {401}, {"unknown_ca"}) == sight

"""What counts as evidence that the door held: statuses, alerts, close codes that were really seen."""

from __future__ import annotations

from collections.abc import Collection

from voltward.simulator.attacks.target import PATIENCE, Sight, Target
from voltward.simulator.dial import Dial
from voltward.simulator.link import Connected, HttpRefused, Outcome, TlsRefused, open_link, words

UNAUTHORIZED = frozenset({401})
NOBODY = "nobody-of-this-name"
_STRANGER = "is-anybody-there"


async def judged(outcome: Outcome, statuses: Collection[int], alerts: Collection[str] = frozenset()) -> Sight:
    """Held when the outcome is one of these refusals. A link that opened is closed again."""
    if isinstance(outcome, Connected):
        await outcome.link.close()
    held = (isinstance(outcome, HttpRefused) and outcome.status in statuses) or (
        isinstance(outcome, TlsRefused) and outcome.alert in alerts
    )
    return Sight(words(outcome), held)


async def door_answers(target: Target) -> bool:
    """Is somebody there at all? A stranger's whole request over TLS gets an HTTP answer.

    Makes evidence of a connection that was closed without a word.
    """
    dial = Dial(target.endpoint, _STRANGER, subprotocols=(target.live.dialect,), source=target.sources[-1])
    outcome = await open_link(dial, seconds=PATIENCE)
    if isinstance(outcome, Connected):
        await outcome.link.close()
    return isinstance(outcome, Connected | HttpRefused)

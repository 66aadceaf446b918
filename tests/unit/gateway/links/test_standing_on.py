from __future__ import annotations

from dataclasses import replace

from tests.fakes.arrivals import arrival, trusted
from tests.fakes.links import LEAF, ROOT, Hall
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.standing_on import count_standing_on


class Standing:
    """A link, as far as it is counted."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement


async def test_links_are_counted_by_their_certificate_and_by_its_authority() -> None:
    link = Standing(await Hall().judge())

    assert count_standing_on([link, link], LEAF.fingerprint.hex()) == 2
    assert count_standing_on([link], trusted(ROOT).id) == 1
    assert count_standing_on([link], "0" * 64) == 0
    assert count_standing_on([link], "") == 0


async def test_a_certificate_that_is_not_what_opened_cuts_nothing() -> None:
    hall = Hall()
    by_certificate = await hall.judge()
    by_password = replace(
        by_certificate, observation=replace(by_certificate.observation, chain=None), arrival=arrival()
    )

    assert count_standing_on([Standing(by_password)], LEAF.fingerprint.hex()) == 0

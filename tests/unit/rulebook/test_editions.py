from __future__ import annotations

import pytest

from voltward.domain.errors import OperatorFault
from voltward.rulebook.editions import InHandsOf, read_editions

OLD = """
[edition.old]
title = "Old"
date = 2015-10-08
source = "somebody"
[edition.old.requirements]
"A.1" = ["gateway", "It locks."]
"A.2" = ["station", "It knocks."]
"""
NEW = """
[edition.new]
title = "New"
date = 2025-01-23
source = "somebody"
based_on = "old"
left_out = ["A.2"]
[edition.new.requirements]
"A.1" = ["later", "It locks twice."]
"A.3" = ["authority", "It signs."]
"""


def test_an_edition_stands_on_another_one() -> None:
    editions = read_editions(OLD + NEW)

    assert list(editions) == ["old", "new"]
    assert list(editions["new"].requirements) == ["A.1", "A.3"]
    assert editions["new"].requirements["A.1"].asks == "It locks twice."
    assert editions["old"].requirements["A.1"].in_hands_of is InHandsOf.GATEWAY


@pytest.mark.parametrize(
    "text",
    [
        OLD.replace('title = "Old"', ""),
        OLD.replace("title", "tittle"),
        OLD.replace('["station", "It knocks."]', '["nobody", "It knocks."]'),
        OLD.replace('["station", "It knocks."]', '"It knocks."'),
        OLD.replace('"It knocks."]', '""]'),
        NEW,
        OLD + NEW.replace('["A.2"]', '["A.9"]'),
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(OperatorFault, match=r"editions\.toml"):
        read_editions(text)

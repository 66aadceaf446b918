from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltward.bootstrap.settings_text import with_table

TEXT = """# a remark
[operator]
name = "X"  # url = "not this"

[store]   # where it is
# the URL
url = "postgresql://u@h/d"
password = "file:p"
[gateway]
url = "stays"
"""


def test_only_the_keys_of_that_table_change_and_people_s_words_stay() -> None:
    changed = with_table(TEXT, "store", {"url": "sqlite:///a.db", "password": None})

    read = tomllib.loads(changed)
    assert read["store"] == {"url": "sqlite:///a.db"}
    assert (read["operator"]["name"], read["gateway"]["url"]) == ("X", "stays")
    assert "# a remark" in changed
    assert "# the URL" in changed


def test_a_table_that_is_missing_is_added() -> None:
    read = tomllib.loads(with_table("[operator]\nname = 'X'", "journal", {"heads": "h"}))

    assert read == {"operator": {"name": "X"}, "journal": {"heads": "h"}}


@pytest.mark.parametrize("key", ["url", "heads"])
@settings(max_examples=25)
@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40))
def test_any_value_is_written_so_that_it_reads_as_itself(key: str, value: str) -> None:
    assert tomllib.loads(with_table(TEXT, "store", {key: value}))["store"][key] == value

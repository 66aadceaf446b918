from __future__ import annotations

from voltward.usecases.likeness import LISTED, did_you_mean


def test_the_likeliest_name_is_told_before_all_of_them() -> None:
    assert did_you_mean("feild", ["yard", "field"]) == "Did you mean field? Known: field, yard."


def test_where_nothing_is_alike_nothing_is_guessed() -> None:
    assert did_you_mean("feild", ["yard"]) == "Known: yard."
    assert did_you_mean("feild", []) == "Known: none."


def test_of_many_names_only_the_first_are_told() -> None:
    names = [f"site-{n:03}" for n in range(LISTED + 1)]

    assert did_you_mean("x", names) == f"Known: {', '.join(names[:LISTED])} and 1 more."

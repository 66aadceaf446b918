from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voltward.detection.recent import Recent


def test_what_was_not_looked_at_is_forgotten_first() -> None:
    memory: Recent[str, int] = Recent(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)

    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)


def test_putting_again_replaces_and_counts_as_use() -> None:
    memory: Recent[str, int] = Recent(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        memory.put(key, value)

    assert (memory.get("a"), memory.get("b")) == (3, None)


@given(st.lists(st.integers(0, 20)), st.integers(1, 5))
def test_it_never_grows_over_its_limit(keys: list[int], limit: int) -> None:
    memory: Recent[int, int] = Recent(limit)
    for key in keys:
        memory.put(key, key)
        assert len(memory) <= limit
        assert memory.get(key) == key

from __future__ import annotations

import pytest

from voltward.bootstrap.environment import environment


def test_it_is_what_the_process_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLTWARD_TEST_ENVIRONMENT", "here")

    assert environment()["VOLTWARD_TEST_ENVIRONMENT"] == "here"

from __future__ import annotations

from pathlib import Path

import pytest

from voltward.domain.errors import OperatorFault
from voltward.supervisor import only_one


def test_a_deployment_is_served_once_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path):
        with (
            pytest.raises(OperatorFault, match="another gateway serves this deployment") as told,
            only_one(tmp_path),
        ):
            raise AssertionError("two serve it")
        assert "SIGUSR2" in told.value.mend
    with only_one(tmp_path):
        pass


def test_two_deployments_do_not_know_each_other(tmp_path: Path) -> None:
    rooms = tmp_path / "a", tmp_path / "b"
    for room in rooms:
        room.mkdir()
    with only_one(rooms[0]), only_one(rooms[1]):
        assert not list(rooms[0].iterdir())


def test_a_room_that_is_not_there_is_somebody_elses_to_tell(tmp_path: Path) -> None:
    with only_one(tmp_path / "none"):
        assert not (tmp_path / "none").exists()

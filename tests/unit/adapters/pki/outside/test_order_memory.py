from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from voltward.adapters.pki.outside.order_memory import FileOrderMemory, forget_answers
from voltward.domain.errors import OutsideFault

AUTHORITY = Authority.create("Root")
CHAIN = (AUTHORITY.issue("SN-0001").der, AUTHORITY.der)


def test_an_answer_is_there_after_a_restart_for_its_own_order_alone(tmp_path: Path) -> None:
    folder = tmp_path / "authorities" / "corporate"
    FileOrderMemory(folder).put("../../order", CHAIN)

    memory = FileOrderMemory(folder)
    assert memory.get("../../order") == CHAIN
    assert memory.get("order") is None


def test_the_files_are_their_owners(tmp_path: Path) -> None:
    folder = tmp_path / "authorities" / "corporate"
    FileOrderMemory(folder).put("order", CHAIN)

    (file,) = folder.iterdir()
    assert [path.stat().st_mode & 0o777 for path in (folder, file)] == [0o700, 0o600]


def test_an_answer_that_was_damaged_is_told_and_not_taken_for_none(tmp_path: Path) -> None:
    folder = tmp_path / "authorities" / "corporate"
    memory = FileOrderMemory(folder)
    memory.put("order", CHAIN)
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes().replace(b"M", b"N", 1))

    with pytest.raises(OutsideFault, match="cannot be read"):
        memory.get("order")


def test_orders_are_forgotten_by_every_authority_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "authorities"
    forget_answers(folder, ["one"])
    first, second = FileOrderMemory(folder / "first"), FileOrderMemory(folder / "second")
    first.put("one", CHAIN)
    first.put("two", CHAIN)
    second.put("one", CHAIN)

    forget_answers(folder, ["one", "three"])

    assert (first.get("one"), second.get("one"), first.get("two")) == (None, None, CHAIN)

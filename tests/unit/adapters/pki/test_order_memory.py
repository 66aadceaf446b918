from __future__ import annotations

from pathlib import Path

from tests.fakes.certificates import Authority
from voltward.adapters.pki.order_memory import FileOrderMemory

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

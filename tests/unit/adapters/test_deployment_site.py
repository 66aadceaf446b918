from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.chance import CountedTokens
from voltward.adapters.deployment_site import clear_unfinished, deployment_sites
from voltward.adapters.vault import Room
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.vault import Unlock, UnlockKind

CHANCE = CountedTokens()
BUILD = deployment_sites(CHANCE, FOR_TESTS)
UNLOCK = Unlock(Secret(b"\xee" * 32), UnlockKind.KEY)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def build(folder: Path, at_the_end: Callable[[], object] = lambda: None) -> None:
    with BUILD(folder) as site:
        site.room("gateway", UNLOCK).put("a", Secret(b"secret"))
        site.write("gateway/unlock.key", b"key", private=True)
        site.write("public/root.pem", b"root")
        site.write("voltward.toml", b"settings")
        at_the_end()


@pytest.mark.parametrize("exists", [False, True])
def test_a_whole_deployment_stands_in_its_place(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "deployment"
    if exists:
        folder.mkdir(0o700)
    build(folder)
    assert names_in(folder) == {"gateway", "public", "voltward.toml"}
    assert names_in(tmp_path) == {"deployment"}
    assert Room.open(folder / "gateway", "gateway", UNLOCK.secret, CHANCE).get("a") == Secret(b"secret")


def test_the_shell_that_stands_in_an_empty_folder_sees_it_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    build(Path())
    assert names_in(Path()) == {"gateway", "public", "voltward.toml"}


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    build(tmp_path / "a" / "b")
    assert names_in(tmp_path / "a") == {"b"}


def test_modes_are_as_tight_as_can_be(tmp_path: Path) -> None:
    folder = tmp_path / "deployment"
    build(folder)
    assert mode_of(folder) == 0o755
    assert mode_of(folder / "gateway") == 0o700
    assert mode_of(folder / "gateway" / "unlock.key") == 0o600
    assert mode_of(folder / "public") == 0o755
    assert mode_of(folder / "public" / "root.pem") == 0o644


@pytest.mark.parametrize("exists", [False, True])
def test_what_a_killed_one_left_is_cleared_and_told(tmp_path: Path, exists: bool) -> None:
    folder, left = tmp_path / "deployment", tmp_path / ".deployment.voltward-new"
    if exists:
        folder.mkdir()
        left = folder / ".voltward-new"
    assert clear_unfinished(folder) == ()
    (left / "gateway").mkdir(parents=True)

    (said,) = clear_unfinished(folder)

    assert str(left) in said
    build(folder)
    assert names_in(tmp_path) == {"deployment"}


@pytest.mark.parametrize("exists", [False, True])
def test_what_somebody_is_making_now_is_left_alone(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "deployment"
    if exists:
        folder.mkdir()

    def somebody_else_begins() -> None:
        with pytest.raises(OperatorFault, match="somebody is making this deployment now"):
            clear_unfinished(folder)

    build(folder, somebody_else_begins)
    assert names_in(folder) == {"gateway", "public", "voltward.toml"}


def test_what_has_the_name_and_is_no_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / ".deployment.voltward-new").symlink_to(tmp_path / "precious")

    assert clear_unfinished(tmp_path / "deployment") == ()
    assert names_in(tmp_path) == {"precious", ".deployment.voltward-new"}


@pytest.mark.parametrize("exists", [False, True])
def test_nothing_is_left_when_something_fails(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "deployment"
    if exists:
        folder.mkdir()
    with pytest.raises(ZeroDivisionError):
        build(folder, at_the_end=lambda: 1 / 0)
    assert folder.exists() == exists
    assert not exists or names_in(folder) == set()
    assert names_in(tmp_path) == ({"deployment"} if exists else set())


def test_a_folder_with_something_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(OperatorFault) as caught:
        build(tmp_path)
    assert "not an empty folder" in str(caught.value)
    assert caught.value.subject == str(tmp_path)
    assert names_in(tmp_path) == {"precious"}


def test_a_file_in_the_place_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "deployment").write_text("mine")
    with pytest.raises(OperatorFault):
        build(tmp_path / "deployment")
    assert (tmp_path / "deployment").read_text() == "mine"


def test_somebody_who_filled_the_place_meanwhile_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "deployment"

    def somebody_moves_in() -> None:
        folder.mkdir()
        (folder / "precious").write_text("mine")

    with pytest.raises(OutsideFault, match="moved into its place"):
        build(folder, somebody_moves_in)
    assert names_in(tmp_path) == {"deployment"}
    assert names_in(folder) == {"precious"}


def test_what_was_moved_in_is_taken_back_when_the_rest_cannot_follow(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match="moved into its place"):
        build(tmp_path, (tmp_path / "voltward.toml").mkdir)
    assert names_in(tmp_path) == {"voltward.toml"}


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideFault) as caught:
        build(tmp_path / "file" / "deployment")
    assert caught.value.mend

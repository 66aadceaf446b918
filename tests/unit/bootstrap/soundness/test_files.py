from __future__ import annotations

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.soundness.files import (
    check_heads,
    check_readers,
    check_room_on_disk,
    check_spool,
    check_writers,
)
from voltward.bootstrap.soundness.remarks import Note, Problem


def test_what_init_made_is_closed_to_others(site: Site) -> None:
    assert list(check_writers(site.file)) == []
    assert list(check_readers(site.settings())) == []


@pytest.mark.parametrize("name", ["voltward.toml", "."])
def test_whoever_may_write_the_settings_is_found(site: Site, name: str) -> None:
    path = site.folder / name
    path.chmod(path.stat().st_mode | 0o020)

    (problem,) = check_writers(site.file)

    assert isinstance(problem, Problem)
    assert problem.mend == f"chmod go-w {path.resolve() if name == '.' else path}"


@pytest.mark.parametrize(
    "name", ["voltward.db", "gateway/password-digest.sealed", "gateway/unlock.key", "signer/root-rsa.sealed"]
)
def test_a_secret_that_lies_open_is_found(site: Site, name: str) -> None:
    (site.folder / name).chmod(0o644)

    (problem,) = check_readers(site.settings())

    assert isinstance(problem, Problem)
    assert problem.mend == f"chmod 600 {site.folder / name}"


def test_a_full_disk_is_told_before_it_is_full(site: Site) -> None:
    assert list(check_room_on_disk(site.settings(), least=0)) == []

    (problem,) = check_room_on_disk(site.settings(), least=1 << 60)

    assert isinstance(problem, Problem)


def test_heads_on_the_disk_of_the_store_are_a_note(site: Site) -> None:
    (note,) = check_heads(site.settings())

    assert isinstance(note, Note)
    assert list(check_heads(site.settings("journal.heads=elsewhere"))) == []


def test_a_spool_on_the_disk_of_the_store_is_a_note(site: Site) -> None:
    (note,) = check_spool(site.settings("gateway.spool_size=16 MiB"))

    assert isinstance(note, Note)


@pytest.mark.parametrize(("size", "words"), [("1 MiB", "nobody new"), ("1048576 GiB", "MiB left")])
def test_a_spool_that_cannot_do_its_work_is_told(site: Site, size: str, words: str) -> None:
    problem, _ = check_spool(site.settings(f"gateway.spool_size={size}"))

    assert isinstance(problem, Problem)
    assert words in problem.what


def test_a_spool_that_is_open_to_others_is_told(site: Site) -> None:
    (site.folder / "gateway" / "spool").mkdir(mode=0o755)

    problem, _ = check_spool(site.settings("gateway.spool_size=16 MiB"))

    assert isinstance(problem, Problem)
    assert problem.mend.startswith("chmod 700")


def test_where_a_server_keeps_the_store_there_is_no_file_to_look_at(site: Site) -> None:
    settings = site.settings("store.url=postgresql://volt@127.0.0.1/registry")

    for check in (check_readers, check_heads, check_room_on_disk, check_spool):
        assert list(check(settings)) == []


def test_a_folder_that_is_not_there_has_no_disk(site: Site) -> None:
    missing = site.settings("store.url=sqlite:///gone/voltward.db")
    assert list(check_room_on_disk(missing)) == []

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.clock import NOON
from voltward.adapters.backup.manifest import FORMAT, STORE, Manifest
from voltward.bootstrap.backups.restored_settings import settle, store_place
from voltward.domain.errors import OperatorFault
from voltward.settings import load_settings

MANIFEST = Manifest(FORMAT, "1.0", NOON, "voltward.toml", "journal-heads", ())


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:///voltward.db", "voltward.db"),
        ("sqlite:///data/v.db", "data/v.db"),
        ("sqlite:////var/lib/v.db", "voltward.db"),
        ("sqlite:///../v.db", "voltward.db"),
        ("postgresql://v@db/v", "voltward.db"),
    ],
)
def test_the_store_never_lies_outside_of_the_new_folder(url: str, place: str) -> None:
    assert store_place(url) == place


def folder_with(folder: Path, text: str) -> Path:
    (folder / "voltward.toml").write_text(text)
    (folder / STORE).write_bytes(b"rows")
    return folder


def test_settings_that_stay_inside_stay_as_they_are(tmp_path: Path) -> None:
    text = '[store]\nurl = "sqlite:///data/v.db"\n'

    assert settle(folder_with(tmp_path, text), MANIFEST) == ()

    assert (tmp_path / "data" / "v.db").read_bytes() == b"rows"
    assert (tmp_path / "voltward.toml").read_text() == text


def test_a_server_and_heads_elsewhere_are_named_anew_and_told(tmp_path: Path) -> None:
    text = '[store]\nurl = "postgresql://v@db/v"\npassword = "file:p"\n[journal]\nheads = "/var/heads"\n'

    changed = settle(folder_with(tmp_path, text), MANIFEST)

    settings = load_settings(tmp_path / "voltward.toml")
    assert (settings.store.url, settings.store.password) == ("sqlite:///voltward.db", "")
    assert settings.journal.heads == "journal-heads"
    assert "postgresql://v@db/v" in changed[0]
    assert "/var/heads" in changed[1]
    assert (tmp_path / "voltward.db").exists()


def test_settings_that_are_written_otherwise_are_refused_and_not_guessed(tmp_path: Path) -> None:
    text = 'store = { url = "postgresql://v@db/v" }\n'

    with pytest.raises(OperatorFault):
        settle(folder_with(tmp_path, text), MANIFEST)

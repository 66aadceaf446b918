from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.backups.backup_contents import Contents, backup_contents, named_texts, refuse_missing
from voltward.domain.errors import OutsideFault

ROUTE = """
[quirks]
recipes = "own"
[route.south]
path = "/s/{token}/{station}"
token = "file:south.token"
[route.south.csms]
url = "ws://127.0.0.1:9/"
ca = "csms-ca.pem"
client_key = "env:KEY_OF_SOUTH"
"""


def put(site: Site, name: str, content: str = "x") -> Path:
    path = site.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def collected(site: Site, *overrides: str, is_sealed: bool = False) -> tuple[set[str], Contents]:
    contents = backup_contents(site.settings(*overrides), site.file, is_sealed=is_sealed)
    return {source.path.removeprefix("deployment/") for source in contents.sources}, contents


def test_what_the_settings_name_goes_in_and_nothing_else(site: Site) -> None:
    site.file.write_text(f"{site.file.read_text()}\n{ROUTE}")
    for name in ("south.token", "csms-ca.pem", "own/model.toml", "core.4711", "journal-heads/cli.heads"):
        put(site, name)
    put(site, "gateway/spool/1.seg")

    paths, contents = collected(site)

    assert {"voltward.toml", "csms-ca.pem", "own/model.toml", "public/roots.pem"} <= paths
    assert {
        "gateway/room.toml",
        "gateway/server-rsa.pem",
        "signer/room.toml",
        "journal-heads/cli.heads",
    } <= paths
    stray = {"core.4711", "voltward.db", "gateway/spool/1.seg"}
    plain = {"south.token", "gateway/unlock.key", "signer/unlock.key"}
    assert not paths & (stray | plain)
    words = " ".join(contents.left_out)
    assert all(name in words for name in (*plain, "env:KEY_OF_SOUTH"))


def test_what_a_token_keeps_is_told_to_be_copied_by_its_own_tool(site: Site) -> None:
    module = put(site, "lib.so")
    told = collected(site, f"signer.pkcs11={module}", "signer.token=ours", "signer.pin=env:PIN")[1].left_out

    assert "the token 'ours'" in " ".join(told)
    assert "lib.so" not in " ".join(told)


def test_a_sealed_one_holds_the_plain_secrets_too(site: Site) -> None:
    paths, contents = collected(site, is_sealed=True)

    assert {"gateway/unlock.key", "signer/unlock.key"} <= paths
    assert contents.left_out == ()


def test_what_lies_outside_is_told_and_heads_come_in(site: Site, tmp_path: Path) -> None:
    (tmp_path / "heads").mkdir()
    (tmp_path / "heads" / "cli.heads").write_text("x")
    (tmp_path / "ca.pem").write_text("x")

    paths, contents = collected(site, f"journal.heads={tmp_path / 'heads'}", f"csms.ca={tmp_path / 'ca.pem'}")

    assert contents.heads == "journal-heads"
    assert "journal-heads/cli.heads" in paths
    assert any("ca.pem (csms.ca) lies outside" in sentence for sentence in contents.left_out)


def test_a_deployment_without_its_room_is_none(site: Site) -> None:
    (site.folder / "gateway" / "room.toml").unlink()

    with pytest.raises(OutsideFault, match="room of keys is not there"):
        refuse_missing(collected(site)[1])


def test_every_text_is_found_with_its_key(site: Site) -> None:
    found = {named.key: named.value for named in named_texts(site.settings("group.x.mode=observe"))}

    assert found["keys.gateway_unlock"] == "file:gateway/unlock.key"
    assert found["group.x.mode"] == "observe"
    assert "folder" not in found

from __future__ import annotations

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.rooms import open_room, referenced_secret
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.vault import RoomName


def test_each_room_has_its_own_unlock(site: Site) -> None:
    settings = site.settings()

    assert "server-rsa" in open_room(settings, RoomName.GATEWAY).names()
    assert "root-rsa" in open_room(settings, RoomName.SIGNER).names()
    crossed = site.settings("keys.gateway_unlock=file:signer/unlock.key")
    with pytest.raises(OperatorFault, match="does not open the room"):
        open_room(crossed, RoomName.GATEWAY)


@pytest.mark.parametrize(
    ("reference", "refusal"),
    [
        ("file:gone.key", OutsideFault),
        ("env:VOLTWARD_TEST_NOT_SET", OperatorFault),
        ("credential:unlock", OperatorFault),
        ("secret", OperatorFault),
    ],
)
def test_an_unlock_that_is_not_there_is_told(site: Site, reference: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        open_room(site.settings(f"keys.gateway_unlock={reference}"), RoomName.GATEWAY)


def test_an_unlock_may_stand_in_the_environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    unlock = (site.folder / "gateway/unlock.key").read_bytes()
    monkeypatch.setenv("VOLTWARD_TEST_UNLOCK", unlock.hex())

    settings = site.settings("keys.gateway_unlock=env:VOLTWARD_TEST_UNLOCK")

    assert open_room(settings, RoomName.GATEWAY).names()


def test_a_secret_that_the_settings_name_is_read_without_its_line_end(site: Site) -> None:
    secret = site.folder / "csms.password"
    secret.write_text("shared\n")
    secret.chmod(0o600)

    assert referenced_secret(site.settings(), "file:csms.password").reveal() == b"shared"

from __future__ import annotations

import pytest

from tests.fakes.builders import exception
from tests.fakes.deployments import Site
from voltward.bootstrap import open_deployment
from voltward.bootstrap.deployment import open_room, referenced_secret
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.vault import GatewayKey, RoomName


async def test_a_deployment_opens_with_its_keys_store_and_rulebook(site: Site) -> None:
    async with open_deployment(site.settings()) as deployment:
        async with deployment.store.read() as work:
            assert list(await work.stations.all()) == []
        assert deployment.password_keys.digest == deployment.room.get(GatewayKey.PASSWORD_DIGEST)
        assert "TLS-02" in deployment.rulebook.by_id
        assert deployment.clock.now().tzinfo is not None


@pytest.mark.parametrize(
    ("control", "refusal"),
    [
        (None, None),
        ("CERT-06", None),
        ("NO-99", "there is no control NO-99"),
        ("TLS-02", "nobody can be excepted"),
    ],
)
async def test_only_a_control_that_can_be_waived_is_excepted_from(
    site: Site, control: str | None, refusal: str | None
) -> None:
    ordered = exception(control) if control is not None else None
    async with open_deployment(site.settings()) as deployment:
        if refusal is None:
            deployment.check_waivable(ordered)
            return
        with pytest.raises(OperatorFault, match=refusal) as caught:
            deployment.check_waivable(ordered)
        assert caught.value.mend


async def test_what_cannot_be_opened_is_told_and_nothing_is_left_open(site: Site) -> None:
    (site.folder / "gateway/journal-mac.sealed").write_bytes(b"x" * 72)

    with pytest.raises(OutsideFault, match="does not open"):
        async with open_deployment(site.settings()):
            raise AssertionError("it must not open")


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

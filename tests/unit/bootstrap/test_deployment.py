from __future__ import annotations

import pytest

from tests.fakes.builders import exception
from tests.fakes.deployments import Site
from voltward.bootstrap.deployment import open_deployment
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.vault import GatewayKey


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

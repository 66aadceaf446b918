from __future__ import annotations

from pathlib import Path

import pytest

from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.initialise import Choices, initialise
from voltward.crypto.tokens.enrolments import enrolment_digest
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.settings import load_settings
from voltward.usecases.deployment.make_deployment import DeploymentMade


async def init(folder: Path, *unlocks: str | None) -> tuple[DeploymentMade, str]:
    gateway, signer = unlocks or (None, None)
    return await initialise(
        folder,
        "Example CPO",
        ("csms.example",),
        "ws://127.0.0.1:9000/ocpp",
        "you@example.org",
        Choices(gateway, signer),
    )


async def test_the_first_administrator_is_in_the_store_and_the_link_is_hers(tmp_path: Path) -> None:
    made, link = await init(tmp_path / "d")

    where, _, token = link.partition("#")
    assert where == "https://127.0.0.1:8080/enrol"
    async with open_deployment(load_settings(made.settings)) as deployment, deployment.store.read() as work:
        (administrator,) = await work.operators.all()
        (enrolment,) = await work.operators.enrolments("you@example.org")
        assert {one.id for one in await work.authorities.all()} == {one.id for one in made.authorities}
    assert administrator == made.administrator
    assert enrolment.token_digest == enrolment_digest(Secret(token.encode()))


async def test_an_unlock_of_the_operators_own_is_referred_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLTWARD_TEST_UNLOCK", "ab" * 32)

    made, _ = await init(tmp_path / "d", "env:VOLTWARD_TEST_UNLOCK", None)

    assert load_settings(made.settings).keys.gateway_unlock == "env:VOLTWARD_TEST_UNLOCK"
    assert not (made.folder / "gateway/unlock.key").exists()


async def test_an_unlock_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault):
        await init(tmp_path / "d", "env:VOLTWARD_TEST_NOT_SET", None)

    assert not (tmp_path / "d").exists()


async def test_a_folder_that_is_there_is_filled_and_kept(tmp_path: Path) -> None:
    left = tmp_path / ".voltward-new"
    left.mkdir()

    made, _ = await init(tmp_path)

    assert made.warnings[0].startswith(f"{left} was left by somebody who was killed")
    assert made.settings == tmp_path / "voltward.toml"
    with pytest.raises(OperatorFault, match="not an empty folder"):
        await init(tmp_path)
    assert made.settings.is_file()

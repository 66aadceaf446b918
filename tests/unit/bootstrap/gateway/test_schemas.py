from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.gateway.schemas import check_schemas
from voltward.domain.errors import OperatorFault


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text("")
    return Site(tmp_path)


def test_lengths_of_texts_that_have_one_are_right(plain: Site) -> None:
    lengths = '{"BootNotification.chargePointModel"=50, "Get15118EVCertificate.exiRequest"=20000}'

    check_schemas(plain.settings('group.a.schema="refuse"', f"group.a.schema_lengths={lengths}"))


def test_a_length_that_no_schema_has_is_told_with_its_group(plain: Site) -> None:
    settings = plain.settings('group.a.schema_lengths={"BootNotification.model_name"=50}')

    with pytest.raises(OperatorFault, match="model_name") as caught:
        check_schemas(settings)

    assert caught.value.subject == "group.a.schema_lengths"

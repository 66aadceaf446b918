from __future__ import annotations

import pytest

from tests.unit.simulator.certificate_samples import HASH_DATA, NAME
from voltward.simulator.messages.certificate_messages import read_hash_data, written_hash_data
from voltward.simulator.messages.messages import MalformedRequest


def test_hash_data_is_read_as_it_is_written() -> None:
    assert read_hash_data(written_hash_data(NAME)) == NAME
    assert read_hash_data(HASH_DATA).names(NAME)


@pytest.mark.parametrize("field", sorted(HASH_DATA))
def test_hash_data_without_one_of_its_fields_is_malformed(field: str) -> None:
    with pytest.raises(MalformedRequest):
        read_hash_data({name: value for name, value in HASH_DATA.items() if name != field})

from __future__ import annotations

import pytest

from voltward.bootstrap.listening import listening_at
from voltward.domain.errors import OutsideFault


def test_a_port_that_somebody_has_is_told_with_the_setting_that_names_it() -> None:
    with listening_at("127.0.0.1:0", "publication.listen") as taken, pytest.raises(OutsideFault) as told:
        listening_at(f"127.0.0.1:{taken.getsockname()[1]}", "publication.listen")

    assert told.value.subject == "publication"
    assert "publication.listen" in told.value.mend

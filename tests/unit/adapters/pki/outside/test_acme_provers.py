from __future__ import annotations

import stat
from pathlib import Path

import pytest

from voltward.adapters.pki.outside.acme import Proof
from voltward.adapters.pki.outside.acme_provers import PageProver, RecordProver
from voltward.domain.errors import OutsideFault

PROOF = Proof("csms.example", "token", "token.thumbprint", "value")


def program(folder: Path, text: str) -> RecordProver:
    file = folder / "hook"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(stat.S_IRWXU)
    return RecordProver(file)


async def test_a_program_hears_what_to_set_and_then_to_remove_also_after_a_failure(tmp_path: Path) -> None:
    prover = program(tmp_path, f'echo "$@" >>{tmp_path}/calls')

    with pytest.raises(OSError, match="on the way"):
        async with prover.showing(PROOF):
            raise OSError("on the way")

    assert (tmp_path / "calls").read_text().splitlines() == [
        "present _acme-challenge.csms.example value",
        "remove _acme-challenge.csms.example value",
    ]


async def test_a_program_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    prover = program(tmp_path, "echo no such zone; exit 3")

    with pytest.raises(OutsideFault, match="status 3: no such zone"):
        async with prover.showing(PROOF):
            raise AssertionError("nothing was set")


async def test_a_program_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("#!/bin/sh\n")

    with pytest.raises(OutsideFault, match="failed at `present`"):
        async with RecordProver(tmp_path / "hook").showing(PROOF):
            raise AssertionError("nothing was set")


@pytest.mark.parametrize("token", ["", "../x", "a b", "a/b", "x" * 257, "a\r\n"])
async def test_what_is_no_token_is_not_shown(token: str) -> None:
    with pytest.raises(OutsideFault, match="none"):
        async with PageProver("127.0.0.1", 0).showing(Proof("csms.example", token, "page", "value")):
            raise AssertionError("nothing was shown")

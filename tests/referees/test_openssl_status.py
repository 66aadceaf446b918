"""`openssl ocsp` asks our publisher, with a nonce and without, and says what it thinks of the answer."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.publications import publishing
from tests.fakes.signers import SignerSite
from voltward.adapters.system_clock import SystemClock

NO_NONCE = "no nonce in response"


@pytest.mark.parametrize("with_nonce", [False, True], ids=["ignored", "answered"])
async def test_both_policies_are_believed_and_one_repeats_the_nonce(tmp_path: Path, with_nonce: bool) -> None:
    site = SignerSite(tmp_path, clock=FakeClock(SystemClock().now())).make()
    root, ca = (tmp_path / "public" / f"{name}.pem" for name in ("root-ecdsa", "stations-ca-ecdsa"))
    async with publishing(site, with_nonce=with_nonce) as published:
        url = ("-url", f"http://127.0.0.1:{published.port}/ocsp")
        about = ("openssl", "ocsp", "-issuer", root, "-CAfile", root, "-cert", ca, *url)
        asked, plain = [
            await asyncio.to_thread(
                subprocess.run, (*about, *options), capture_output=True, text=True, check=False, timeout=60
            )
            for options in ((), ("-no_nonce",))
        ]

    for said in (asked, plain):
        assert "Response verify OK" in said.stderr
        assert ": good" in said.stdout
    assert (NO_NONCE in asked.stderr) is not with_nonce
    assert "nonce" not in plain.stderr.lower()

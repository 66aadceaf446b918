"""How many certificates a second one core signs: request checked, signed, in the ledger, on the disk.

    python -m benchmarks.issuing [--seconds 5] [--batch 64]

CPU is the process's own; the clock tells what the disk adds. Requests are made beforehand.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.fakes.signers import SignerSite, csr_of, order_of
from voltward.adapters.pki.signer_messages import Issue, Signed


def measured(key: str, seconds: float, batch: int) -> tuple[int, float, float]:
    """Certificates, seconds of CPU, seconds of the clock."""
    orders = [order_of(csr_of(key)) for _ in range(batch)]
    with tempfile.TemporaryDirectory() as folder:
        desk = SignerSite(Path(folder)).make().desk()
        number, began, cpu = 0, time.monotonic(), time.process_time()
        while time.monotonic() - began < seconds:
            requests = [Issue(replace(order, id=f"{number + n}")) for n, order in enumerate(orders)]
            assert all(isinstance(answer, Signed) for answer in desk.perform(requests))
            number += batch
        spent = (number, time.process_time() - cpu, time.monotonic() - began)
        desk.close()
    return spent


def main() -> None:
    """Print both families."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--seconds", type=float, default=5.0)
    read.add_argument("--batch", type=int, default=64)
    told = read.parse_args()
    for key, name in (("ec", "ECDSA P-256"), ("rsa", "RSA 2048 below RSA 3072")):
        number, cpu, clock = measured(key, told.seconds, told.batch)
        print(f"{name}: {number / cpu:,.0f} a second of CPU, {number / clock:,.0f} a second of the clock")


if __name__ == "__main__":
    main()

"""Enrolment over CMP (RFC 4210, 6712), spoken by the program `openssl cmp`: one process for one order.

The request goes as it is (p10cr). The authority learns that its answer arrived (certConf): a certificate
whose receipt nobody confirms is void there, so one that was lost on its way harms nobody.
"""

from __future__ import annotations

import asyncio
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import disk, read_file
from voltward.adapters.pki.http_exchange import Place
from voltward.crypto.certificates import UnreadableCertificate
from voltward.crypto.pem import read_pem_bundle
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.authority import CertificateOrder, Declined, Issued, OrderOutcome

LARGEST_ANSWER: Final = 256 * 1024  # octets of PEM, of each file
_MOST_WORDS: Final = 64 * 1024
_REJECTED: Final = "PKIStatus: rejection"
# Failures (RFC 4210, 5.2.3) that say nothing about the request: they may pass, or are ours to mend.
_PASSING: Final = ("badMessageCheck", "notAuthorized", "systemUnavail", "systemFailure", "signerNotTrusted")


@dataclass(frozen=True, slots=True)
class CmpProof:
    """A shared secret with its reference (RFC 4210, 5.1.3.1), and whom it is shared with (`/CN=...`)."""

    reference: str
    secret: Secret
    recipient: str


@dataclass(frozen=True, slots=True)
class CmpEnrolment:
    """Implements Enrolment. `anchors`: a file, for HTTPS alone. `patience` in seconds."""

    program: Path
    place: Place
    proof: CmpProof
    anchors: Path | None
    patience: float

    async def enrol(self, order: CertificateOrder) -> OrderOutcome:
        with disk(Path(tempfile.gettempdir()), "has no room for a request"):
            folder = tempfile.TemporaryDirectory(prefix="voltward-cmp-")  # mode 0700
        with folder as name:
            place = Path(name)
            with disk(place, "cannot be written"):
                (place / "csr.der").write_bytes(order.csr)
            status, words = await self._run(place)
            return self._outcome(place, status, words)

    async def _run(self, folder: Path) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            self.program, *self._arguments(folder), stdin=PIPE, stdout=PIPE, stderr=STDOUT
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            # Neither an argument nor the environment: others could read these.
            process.stdin.write(self.proof.secret.reveal() + b"\n")
            process.stdin.close()
            heard = b""
            while piece := await process.stdout.read(4096):
                heard = (heard + piece)[-_MOST_WORDS:]
            return await process.wait(), heard.decode("utf-8", "replace")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _arguments(self, folder: Path) -> list[str]:
        seconds = str(max(1, int(self.patience)))
        asked = ["cmp", "-config", "", "-batch", "-verbosity", "3", "-cmd", "p10cr"]
        asked += [
            "-csr",
            f"{folder}/csr.der",
            "-server",
            self.place.authority,
            "-path",
            self.place.path or "/",
        ]
        asked += ["-recipient", self.proof.recipient, "-ref", self.proof.reference, "-secret", "stdin"]
        asked += ["-digest", "sha256", "-mac", "hmacWithSHA256"]
        asked += ["-msg_timeout", seconds, "-total_timeout", seconds]
        asked += ["-certout", f"{folder}/leaf.pem", "-extracertsout", f"{folder}/above.pem"]
        if self.anchors is not None:  # these also have the name of the host compared
            asked += ["-tls_used", "-tls_trusted", str(self.anchors)]
        return asked

    def _outcome(self, folder: Path, status: int, words: str) -> OrderOutcome:
        leaf, above = folder / "leaf.pem", folder / "above.pem"
        if status == 0 and leaf.exists():
            try:
                heap = [der for file in (leaf, above) if file.exists() for der in _certificates(file)]
            except UnreadableCertificate as fault:
                return Declined(f"it answered with no certificate that could be read: {fault.what}")
            return Issued(tuple(heap))
        said = error_words(words)
        if _REJECTED in words and not any(failure in words for failure in _PASSING):
            return Declined(said)
        raise OutsideFault(
            f"no certificate came over CMP: {said}",
            mend="See that the authority runs, its URL, and the shared secret.",
            subject=self.place.host,
        )


def error_words(words: str) -> str:
    """What openssl said, in short: its errors without the places in its own source; printable."""
    errors = [line.partition("CMP error: ")[2] for line in words.splitlines() if "CMP error: " in line]
    said = "; ".join(dict.fromkeys(error.strip() for error in errors)) or "no reason was given"
    return "".join(one if one.isprintable() else " " for one in said)[:600]


def _certificates(file: Path) -> list[bytes]:
    return read_pem_bundle(read_file(file, LARGEST_ANSWER))

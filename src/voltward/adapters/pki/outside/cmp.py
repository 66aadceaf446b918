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
from voltward.adapters.pki.outside.http_exchange import Place
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.crypto.reading.pem import certificate_pem, read_pem_bundle
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.authority import (
    CertificateOrder,
    Declined,
    Issued,
    OrderOutcome,
    Revocation,
    RevocationReason,
)

LARGEST_ANSWER: Final = 256 * 1024  # octets of PEM, of each file
_MOST_WORDS: Final = 64 * 1024
_REJECTED: Final = "PKIStatus: rejection"
# Failures (RFC 4210, 5.2.3) that say nothing about the request: they may pass, or are ours to mend.
_PASSING: Final = ("badMessageCheck", "notAuthorized", "systemUnavail", "systemFailure", "signerNotTrusted")

# As numbers: RFC 5280, 5.3.1.
_REASONS: Final = {
    RevocationReason.UNSPECIFIED: 0,
    RevocationReason.KEY_COMPROMISE: 1,
    RevocationReason.CA_COMPROMISE: 2,
    RevocationReason.AFFILIATION_CHANGED: 3,
    RevocationReason.SUPERSEDED: 4,
    RevocationReason.CESSATION_OF_OPERATION: 5,
    RevocationReason.PRIVILEGE_WITHDRAWN: 9,
}


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
            asked = ["-cmd", "p10cr", "-csr", f"{place}/csr.der"]
            asked += ["-certout", f"{place}/leaf.pem", "-extracertsout", f"{place}/above.pem"]
            status, words = await self._run(asked)
            return self._outcome(place, status, words)

    async def revoke(self, revocation: Revocation) -> Declined | None:
        """A revocation request (rr, RFC 4210, 5.3.9). OutsideFault where it fails for now."""
        with disk(Path(tempfile.gettempdir()), "has no room for a request"):
            folder = tempfile.TemporaryDirectory(prefix="voltward-cmp-")
        with folder as name:
            place = Path(name)
            with disk(place, "cannot be written"):
                (place / "leaf.pem").write_bytes(certificate_pem(revocation.certificate))
            code = str(_REASONS[revocation.reason])
            status, words = await self._run(
                ["-cmd", "rr", "-oldcert", f"{place}/leaf.pem", "-revreason", code]
            )
        if status == 0 or "certRevoked" in words:
            return None
        if _REJECTED in words and not any(failure in words for failure in _PASSING):
            return Declined(error_words(words))
        raise OutsideFault(
            f"the revocation was not taken over CMP: {error_words(words)}",
            mend="See that the authority runs, its URL, and the shared secret.",
            subject=self.place.host,
        )

    async def _run(self, asked: list[str]) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            self.program, *self._arguments(asked), stdin=PIPE, stdout=PIPE, stderr=STDOUT
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

    def _arguments(self, asked: list[str]) -> list[str]:
        seconds, path = str(max(1, int(self.patience))), self.place.path or "/"
        asked = ["cmp", "-config", "", "-batch", "-verbosity", "3", *asked]
        asked += ["-server", self.place.authority, "-path", path]
        asked += ["-recipient", self.proof.recipient, "-ref", self.proof.reference, "-secret", "stdin"]
        asked += ["-digest", "sha256", "-mac", "hmacWithSHA256"]
        asked += ["-msg_timeout", seconds, "-total_timeout", seconds]
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

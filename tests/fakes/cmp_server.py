"""A CMP authority: openssl's own mock server speaks the protocol, and we sign what it hands out.

The mock gives everybody the certificate that it was started with. So a desk before it looks for the request in
a first message, signs it, starts a mock with that certificate, and lets it have the whole transaction.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.fakes.certificates import Authority
from voltward.adapters.pki.outside.cmp import CmpEnrolment, CmpProof
from voltward.adapters.pki.outside.http_exchange import Place
from voltward.domain.secret import Secret

REFERENCE, SECRET = "voltward", "correct horse"
_TRANSACTION = re.compile(rb"\xa4\x12\x04\x10(.{16})", re.DOTALL)  # RFC 4210, 5.1.1
_LISTENS = re.compile(rb"ACCEPT .*:(\d+)")


def cmp_enrolment(port: int, secret: str = SECRET, patience: float = 20.0) -> CmpEnrolment:
    """Ours, towards it."""
    program = shutil.which("openssl")
    assert program is not None, "apt-get install openssl"
    proof = CmpProof(REFERENCE, Secret(secret.encode()), "/CN=Corporate")
    return CmpEnrolment(Path(program), Place("127.0.0.1", port, "/pkix", is_tls=False), proof, None, patience)


@asynccontextmanager
async def cmp_server(authority: Authority, ways: Sequence[str] = ()) -> AsyncIterator[int]:
    """On loopback; `ways` are options of the mock. Yields the port."""
    with tempfile.TemporaryDirectory() as folder:
        desk = _Desk(authority, ways, Path(folder), _written(Path(folder, "above.pem"), authority))
        server = await asyncio.start_server(desk.meet, "127.0.0.1", 0)
        try:
            async with server:
                yield server.sockets[0].getsockname()[1]
        finally:
            for process in desk.processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()


@dataclass(slots=True)
class _Desk:
    authority: Authority
    ways: Sequence[str]
    folder: Path
    above: Path
    mocks: dict[bytes, int] = field(default_factory=dict[bytes, int])  # transaction -> port
    leaves: dict[bytes, Path] = field(default_factory=dict[bytes, Path])  # by their serial numbers
    processes: list[Process] = field(default_factory=list[Process])

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head, re.IGNORECASE)
        found = await reader.readexactly(int(length[1]) if length else 0)
        transaction = _TRANSACTION.search(found)
        assert transaction is not None
        if transaction[1] not in self.mocks:
            leaf = self._revoked_in(found) or self._signed(found)
            self.mocks[transaction[1]] = await self._mock(leaf)
        answer = await _post(self.mocks[transaction[1]], found)
        writer.write(b"HTTP/1.0 200 OK\r\n" + answer.partition(b"\r\n")[2])
        await writer.drain()
        writer.close()

    def _revoked_in(self, message: bytes) -> Path | None:
        """The certificate that it names, where that was handed out here: the mock compares the two."""
        named = (file for serial, file in self.leaves.items() if serial in message)
        usual = None if _request_in(message) else next(iter(self.leaves.values()), None)
        return next(named, usual)

    def _signed(self, message: bytes) -> Path:
        csr = _request_in(message)
        assert csr is not None, "there is no request in this message"
        subject = x509.load_der_x509_csr(csr).subject
        (name,) = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        leaf = x509.load_der_x509_certificate(
            self.authority.sign_request(csr, str(name.value), "Example CPO")[0]
        )
        file = self.folder / f"{leaf.serial_number}.pem"
        file.write_bytes(leaf.public_bytes(Encoding.PEM))
        self.leaves[leaf.serial_number.to_bytes(21, "big").lstrip(b"\0")] = file
        return file

    async def _mock(self, leaf: Path) -> int:
        program = shutil.which("openssl")
        assert program is not None
        process = await asyncio.create_subprocess_exec(
            *(program, "cmp", "-config", "", "-port", "0", "-srv_ref", REFERENCE),
            *("-srv_secret", f"pass:{SECRET}", "-rsp_cert", leaf, "-rsp_extracerts", self.above, *self.ways),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
        self.processes.append(process)
        assert process.stdout is not None
        async for line in process.stdout:
            if heard := _LISTENS.search(line):
                return int(heard[1])
        raise AssertionError("the mock server did not start")


def _written(file: Path, authority: Authority) -> Path:
    file.write_bytes(authority.certificate_pem)
    return file


def _request_in(message: bytes) -> bytes | None:
    """The PKCS #10 request somewhere in it."""
    for head in re.finditer(rb"\x30[\x81\x82]", message):
        at = head.start()
        octets = message[at + 1] - 0x80
        end = at + 2 + octets + int.from_bytes(message[at + 2 : at + 2 + octets], "big")
        try:
            x509.load_der_x509_csr(message[at:end])
        except ValueError:
            continue
        return message[at:end]
    return None


async def _post(port: int, body: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST / HTTP/1.0\r\nContent-Type: application/pkixcmp\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode("ascii") + body)
    answer = await reader.read(-1)
    writer.close()
    return answer

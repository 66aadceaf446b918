"""The port CertificateAuthority, on every kind of authority: a row in `AUTHORITIES` is all that another needs.

An entry opens an authority in a folder; opened again on the same folder, it is the same authority after a
restart of whoever asks it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.certificates import Authority, PrivateKey, new_key
from tests.fakes.clock import NOON
from tests.fakes.cmp_server import cmp_enrolment, cmp_server
from tests.fakes.est_server import est_enrolment, est_server
from tests.fakes.rest_authorities import ejbca, step_ca, vault
from tests.fakes.signers import OPERATOR, SignerSite, authority_id, csr_of, order_of
from voltward.adapters.pki.outside.order_memory import FileOrderMemory
from voltward.adapters.pki.outside.outside_authority import Enrolment, OutsideAuthority
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process, over_socket
from voltward.adapters.pki.signer.signer_server import SignerServer, SignerSocket
from voltward.ports.authority import (
    CertificateAuthority,
    CertificateKind,
    Declined,
    Issued,
    Revocation,
    RevocationReason,
)

PATIENCE = 60.0  # seconds; never waited for

Open = Callable[[Path], AbstractAsyncContextManager[CertificateAuthority]]


@asynccontextmanager
async def local(folder: Path) -> AsyncIterator[CertificateAuthority]:
    """In this process."""
    desk = _site(folder).desk()
    try:
        yield SignerClient(in_process(desk))
    finally:
        desk.close()


@asynccontextmanager
async def signer(folder: Path) -> AsyncIterator[CertificateAuthority]:
    """Over its socket."""
    desk = _site(folder).desk()
    path = folder / "signer" / "signer.sock"
    async with asyncio.TaskGroup() as group:
        server = SignerServer(desk, SignerSocket(path))
        serving = group.create_task(server.run())
        await server.listening.wait()
        yield SignerClient(over_socket(path))
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    desk.close()


def _site(folder: Path) -> SignerSite:
    site = SignerSite(folder)
    return site if (folder / "signer").exists() else site.make()


@asynccontextmanager
async def est(folder: Path) -> AsyncIterator[CertificateAuthority]:
    """Outside, over EST."""
    async with est_server(_corporate()) as place:
        memory = FileOrderMemory(folder / "kept" / "est")
        yield OutsideAuthority("est", est_enrolment(place), memory, PATIENCE)


@asynccontextmanager
async def cmp(folder: Path) -> AsyncIterator[CertificateAuthority]:
    """Outside, over CMP."""
    async with cmp_server(_corporate()) as port:
        memory = FileOrderMemory(folder / "kept" / "cmp")
        yield OutsideAuthority("cmp", cmp_enrolment(port), memory, PATIENCE)


def rest(make: Callable[[Authority], AbstractAsyncContextManager[Enrolment]]) -> Open:
    """Outside, over a REST interface of the documented shape."""

    @asynccontextmanager
    async def opened(folder: Path) -> AsyncIterator[CertificateAuthority]:
        async with make(_corporate()) as enrolment:
            yield OutsideAuthority("rest", enrolment, FileOrderMemory(folder / "kept" / "rest"), PATIENCE)

    return opened


@cache
def _corporate() -> Authority:
    return Authority.create("Corporate")


@dataclass(frozen=True, slots=True)
class Kind:
    """What an authority can do beside signing for stations."""

    open: Open
    signs_servers: bool = True
    revokes: bool = True
    subject_is_ours: bool = True  # some authorities take the subject from the request

    def request(self, key: PrivateKey | str = "ec") -> bytes:
        """One that it may get to see."""
        return csr_of(key) if self.subject_is_ours else csr_of(key, "SN-0001")


AUTHORITIES = {
    "in-process": Kind(local),
    "signer": Kind(signer),
    "est": Kind(est, signs_servers=False, revokes=False, subject_is_ours=False),
    "cmp": Kind(cmp, signs_servers=False, subject_is_ours=False),
    "step-ca": Kind(rest(step_ca), signs_servers=False, revokes=False, subject_is_ours=False),
    "vault": Kind(rest(vault), signs_servers=False, revokes=False, subject_is_ours=False),
    "ejbca": Kind(rest(ejbca), signs_servers=False, revokes=False, subject_is_ours=False),
}


@pytest.fixture(params=list(AUTHORITIES))
def kind(request: pytest.FixtureRequest) -> Kind:
    return AUTHORITIES[request.param]


async def issued(
    authority: CertificateAuthority, csr: bytes, number: str = "order-1"
) -> list[x509.Certificate]:
    outcome = await authority.issue(order_of(csr, number))
    return [x509.load_der_x509_certificate(der) for der in cast("Issued", outcome).chain]


async def test_a_certificate_is_for_the_key_of_the_request_and_the_subject_of_the_order(
    kind: Kind, tmp_path: Path
) -> None:
    key = new_key()
    async with kind.open(tmp_path) as authority:
        leaf, above, *_ = await issued(authority, kind.request(key))

    assert leaf.public_key() == key.public_key()
    leaf.verify_directly_issued_by(above)
    if kind.subject_is_ours:
        assert leaf.subject.rfc4514_string() == f"CN=SN-0001,O={OPERATOR}"


@pytest.mark.parametrize("key", ["ec", "rsa"])
async def test_each_kind_of_key_gets_one(kind: Kind, key: str, tmp_path: Path) -> None:
    async with kind.open(tmp_path) as authority:
        chain = await issued(authority, kind.request(key))

    for below, above in pairwise(chain):
        below.verify_directly_issued_by(above)


async def test_the_same_order_gives_the_same_certificate_also_after_a_restart(
    kind: Kind, tmp_path: Path
) -> None:
    csr = kind.request()
    async with kind.open(tmp_path) as authority:
        first, again = await issued(authority, csr), await issued(authority, csr)
    async with kind.open(tmp_path) as authority:
        later = await issued(authority, csr)
        other = await issued(authority, csr, "order-2")

    assert first == again == later
    assert other[0].serial_number != first[0].serial_number


async def test_orders_at_once_are_all_answered_and_each_once(kind: Kind, tmp_path: Path) -> None:
    csr = kind.request()
    async with kind.open(tmp_path) as authority, asyncio.TaskGroup() as group:
        asked = [group.create_task(issued(authority, csr, f"order-{n % 8}")) for n in range(24)]
        await asyncio.wait(asked)

    serials = [one.result()[0].serial_number for one in asked]
    assert serials[:8] == serials[8:16] == serials[16:]
    assert len(set(serials)) == 8


async def test_what_is_no_request_is_declined_for_good(kind: Kind, tmp_path: Path) -> None:
    async with kind.open(tmp_path) as authority:
        outcome = await authority.issue(order_of(b"no request"))

    assert isinstance(outcome, Declined)
    assert outcome.words


async def test_a_server_gets_its_hosts(kind: Kind, tmp_path: Path) -> None:
    if not kind.signs_servers:
        pytest.skip("it signs for stations alone")
    hosts = ("csms.example", "192.0.2.7")
    order = order_of(csr_of(), kind=CertificateKind.SERVER, common_name=hosts[0], hosts=hosts)
    async with kind.open(tmp_path) as authority:
        outcome = await authority.issue(order)

    leaf = x509.load_der_x509_certificate(cast("Issued", outcome).chain[0])
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["csms.example"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]


async def test_a_revocation_may_be_told_again(kind: Kind, tmp_path: Path) -> None:
    async with kind.open(tmp_path) as authority:
        leaf, above, *_ = await issued(authority, kind.request())
        der = leaf.public_bytes(Encoding.DER)
        issuer, reason = authority_id(above), RevocationReason.KEY_COMPROMISE
        for _ in range(2):
            outcome = await authority.revoke(Revocation(issuer, leaf.serial_number, NOON, reason, der))

            assert (outcome is None) == kind.revokes
            assert outcome is None or "takes no revocations" in outcome.words


async def test_an_authority_that_takes_names_from_the_request_gets_none_but_the_asker_s(
    kind: Kind, tmp_path: Path
) -> None:
    if kind.subject_is_ours:
        pytest.skip("the names are the order's")
    async with kind.open(tmp_path) as authority:
        outcome = await authority.issue(order_of(csr_of(common_name="SN-0002")))

    assert isinstance(outcome, Declined)
    assert "SN-0002" in outcome.words

"""The port Signer, in this process and over its socket: lists, answers, what is refused on the way."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.x509 import ocsp

from tests.fakes.clock import NOON
from tests.fakes.signers import SignerSite, authority_id, csr_of, hierarchy, order_of
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process, over_socket
from voltward.adapters.pki.signer.signer_messages import LARGEST_REQUEST
from voltward.adapters.pki.signer.signer_server import SignerServer, SignerSocket
from voltward.adapters.pki.signer.socket_path import short_path
from voltward.crypto.keys import PrivateKey, PublicKey
from voltward.crypto.tokens.token_signing import TokenEcKey
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.authority import Issued, Revocation, RevocationReason
from voltward.ports.signer import AuthorityState, Signer

CA = hierarchy().ecdsa.stations
STATIONS = authority_id(CA.certificate)

Open = Callable[[SignerSite], AbstractAsyncContextManager[Signer]]


@asynccontextmanager
async def local(site: SignerSite) -> AsyncIterator[Signer]:
    desk = site.desk()
    try:
        yield SignerClient(in_process(desk))
    finally:
        desk.close()


@asynccontextmanager
async def served(site: SignerSite) -> AsyncIterator[Signer]:
    async with socket_of(site) as path:
        yield SignerClient(over_socket(path))


@asynccontextmanager
async def socket_of(
    site: SignerSite, name: str = "signer.sock", place: Callable[[Path], SignerSocket] = SignerSocket
) -> AsyncIterator[Path]:
    """A signer that listens."""
    desk, path = site.desk(), site.folder / name
    async with asyncio.TaskGroup() as group:
        server = SignerServer(desk, place(path))
        serving = group.create_task(server.run())
        await server.listening.wait()
        try:
            yield path
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
            desk.close()


@pytest.fixture(params=[local, served])
def way(request: pytest.FixtureRequest) -> Open:
    return request.param


@pytest.fixture
def site(tmp_path: Path) -> SignerSite:
    return SignerSite(tmp_path).make()


class HesitantToken:
    """Has the key of one authority, and waits with its first signature until it may go on."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def find(self, public: PublicKey) -> PrivateKey | None:
        if isinstance(public, ec.EllipticCurvePublicKey) and public == CA.key.public_key():
            return TokenEcKey(public, self._sign)
        return None

    def _sign(self, digest: bytes) -> bytes:
        if not self.begun.is_set():
            self.begun.set()
            assert self.may_end.wait(30)
        assert isinstance(CA.key, ec.EllipticCurvePrivateKey)
        r, s = decode_dss_signature(CA.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


async def leaf_of(signer: Signer) -> x509.Certificate:
    outcome = await signer.issue(order_of(csr_of()))
    return x509.load_der_x509_certificate(cast("Issued", outcome).chain[0])


async def test_authorities_are_told_with_state_and_place_of_the_key(way: Open, site: SignerSite) -> None:
    async with way(site) as signer:
        await signer.set_state("root-rsa", AuthorityState.RETIRED)
        told = {one.name: one for one in await signer.authorities()}

    assert set(told) == set(hierarchy().named())
    assert told["root-rsa"].state is AuthorityState.RETIRED
    assert told["stations-ca-ecdsa"].id == STATIONS
    assert told["stations-ca-ecdsa"].key_place == "room"


async def test_a_revoked_certificate_is_on_the_list_and_in_the_answers(way: Open, site: SignerSite) -> None:
    async with way(site) as signer:
        leaf = await leaf_of(signer)
        revocation = Revocation(STATIONS, leaf.serial_number, NOON, RevocationReason.KEY_COMPROMISE)
        await signer.revoke(revocation)
        made = await signer.revocation_list(STATIONS)
        answers = await signer.status_answers(STATIONS, [leaf.serial_number, 7], "sha1")
        known = await signer.revocations(after=0, limit=10)

    listed = x509.load_der_x509_crl(made.der)
    assert listed.get_revoked_certificate_by_serial_number(leaf.serial_number) is not None
    assert made.entries == 1
    assert listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == made.number
    said = [ocsp.load_der_ocsp_response(one.der).certificate_status for one in answers]
    assert said == [ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN]
    assert [(one.revocation, x509.load_der_x509_certificate(one.certificate)) for one in known] == [
        (revocation, leaf)
    ]


async def test_what_is_revoked_stays_so_after_a_start(way: Open, site: SignerSite) -> None:
    async with way(site) as signer:
        await signer.revoke(Revocation(STATIONS, 1 << 127, NOON, RevocationReason.SUPERSEDED))
        first = await signer.revocation_list(STATIONS)
    async with way(site) as signer:
        second = await signer.revocation_list(STATIONS)

    assert second.entries == 1
    assert second.number > first.number


async def test_an_order_is_answered_while_a_list_is_being_signed(way: Open, site: SignerSite) -> None:
    token = HesitantToken()
    (site.folder / "signer" / "stations-ca-ecdsa.sealed").unlink()
    async with way(replace(site, find_key=token.find)) as signer:
        listing = asyncio.create_task(signer.revocation_list(STATIONS))
        await asyncio.to_thread(token.begun.wait, 30)
        leaf = await leaf_of(signer)

        assert not listing.done()
        token.may_end.set()
        made = await listing
    assert leaf.issuer == CA.certificate.subject
    listed = x509.load_der_x509_crl(made.der)
    assert listed.is_signature_valid(CA.certificate.public_key())  # type: ignore[arg-type]


async def test_an_authority_that_is_not_there_is_the_askers_mistake(way: Open, site: SignerSite) -> None:
    async with way(site) as signer:
        with pytest.raises(OperatorFault, match="has no authority"):
            await signer.revocation_list("0" * 64)
        with pytest.raises(OperatorFault, match="at most 1000"):
            await signer.status_answers(STATIONS, range(1, 1002), "sha1")
        with pytest.raises(OperatorFault, match="SHA-256"):
            await signer.status_answers(STATIONS, [1], "md5")
        for serials, nonce in (([1, 2], b"n"), ([1], b"n" * 129)):
            with pytest.raises(OperatorFault, match="a nonce"):
                await signer.status_answers(STATIONS, serials, "sha1", nonce)


async def test_a_fault_of_the_signer_says_its_mend_once(way: Open, site: SignerSite) -> None:
    for family in ("ecdsa", "rsa"):
        (site.folder / "signer" / f"stations-ca-{family}.sealed").unlink()
    async with way(site) as signer:
        with pytest.raises(OutsideFault, match="no active stations-ca") as raised:
            await signer.issue(order_of(csr_of()))

    assert raised.value.mend
    assert str(raised.value).count(raised.value.mend) == 1


async def test_a_signer_that_is_away_is_an_outside_fault(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match="is not there"):
        await SignerClient(over_socket(tmp_path / "signer.sock")).authorities()


async def test_a_signer_that_does_not_answer_is_waited_for_no_longer_than_was_said(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    path = tmp_path / "signer.sock"
    server = await asyncio.start_unix_server(silent, str(path))
    with pytest.raises(OutsideFault, match="has not answered"):
        await SignerClient(over_socket(path, 0.05)).authorities()
    await left.wait()
    server.close()
    await server.wait_closed()


async def test_the_socket_is_its_owners_and_goes_with_the_signer(site: SignerSite) -> None:
    async with socket_of(site) as path:
        assert path.stat().st_mode & 0o777 == 0o600
        path.touch()  # still there
    assert not path.exists()
    assert SignerSocket(path, {4711}).mode == SignerSocket(path, (), {4711}).mode == 0o666


class SomebodyElses(SignerSocket):
    """As if another user had started the signer."""

    __slots__ = ()

    def may_order(self, user: int) -> bool:
        return user in self.users


async def test_whoever_may_read_orders_nothing(site: SignerSite) -> None:
    async with socket_of(site, place=lambda path: SomebodyElses(path, (), {os.getuid()})) as path:
        signer = SignerClient(over_socket(path))
        assert await signer.authorities()
        assert (await signer.revocation_list(STATIONS)).entries == 0
        assert len(await signer.status_answers(STATIONS, [7], "sha1")) == 1
        ordered = [
            signer.issue(order_of(csr_of())),
            signer.revoke(Revocation(STATIONS, 7, NOON, RevocationReason.SUPERSEDED)),
            signer.revocations(after=0, limit=1),
            signer.set_state("root-rsa", AuthorityState.RETIRED),
        ]
        for order in ordered:
            with pytest.raises(OperatorFault, match="order nothing"):
                await order
        assert {one.state for one in await signer.authorities()} == {AuthorityState.ACTIVE}
    async with socket_of(site, place=SomebodyElses) as path:
        with pytest.raises(OutsideFault, match="may not know this user"):
            await SignerClient(over_socket(path)).authorities()


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x00", b"\x00\x00\x00\x05ab", (LARGEST_REQUEST + 1).to_bytes(4, "big"), b"\xff" * 64],
)
async def test_what_is_no_request_gets_no_answer_and_harms_nobody(site: SignerSite, octets: bytes) -> None:
    async with socket_of(site) as path:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(octets)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        assert await SignerClient(over_socket(path)).authorities()


def said(kind: str, **fields: object) -> bytes:
    return msgspec.msgpack.encode({"type": kind, **fields})


REVOKING = {"issuer": STATIONS, "serial": "ab", "at": NOON, "reason": "superseded"}


@pytest.mark.parametrize(
    "request_",
    [
        *(
            said("Revoke", **{**REVOKING, "serial": serial})
            for serial in ("zz", "-5", "0", "0x1f", "f" * 41, "a\n")
        ),
        said("Revoke", **{**REVOKING, "reason": "nonsense"}),
        said("Revoke", **{**REVOKING, "at": "2026-01-01T00:00:00"}),
        said("GetStatuses", issuer=STATIONS, serials=["zz"], name_hash="sha1"),
        said("GetStatuses", issuer=STATIONS, serials=["-5"], name_hash="sha1"),
        said("SetState", name="root-rsa", state="nonsense"),
        said("SetState", name="root-rsa." + "9" * 5000, state="prepared"),
        said("GetRevocations", after=0, limit=-1),
        b"\x82\xa4type\xa8Describe\xa1x" + b"\x91" * 100_000 + b"\xc0",
    ],
)
async def test_what_no_ledger_could_bear_is_no_request_and_harms_nobody(
    site: SignerSite, request_: bytes
) -> None:
    async with socket_of(site) as path:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(len(request_).to_bytes(4, "big") + request_)
        async with asyncio.timeout(10):
            told = await reader.read()
        writer.close()
        assert b"this is no request" in told
        made = await SignerClient(over_socket(path)).revocation_list(STATIONS)

    assert made.entries == 0


async def test_a_request_of_a_later_version_is_told_so(site: SignerSite) -> None:
    async with socket_of(site) as path:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"\x00\x00\x00\x0c\x81\xa4type\xa5Later"[:4] + b"\x81\xa4type\xa5Later")
        writer.write_eof()
        told = await reader.read()
        writer.close()

    assert b"same version" in told


async def test_a_folder_may_lie_deeper_than_a_socket_name_reaches(site: SignerSite) -> None:
    deep = "/".join("d" * 40 for _ in range(4))
    (site.folder / deep).mkdir(parents=True)
    async with socket_of(site, f"{deep}/signer.sock") as path:
        assert len(os.fsencode(path)) > 107
        assert await SignerClient(over_socket(path)).authorities()
        with short_path(path) as short:
            assert len(short) < 107

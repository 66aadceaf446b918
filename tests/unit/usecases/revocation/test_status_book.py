from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.fakes.clock import NOON
from tests.fakes.signers import SignerSite, authority_id, csr_of, hierarchy, order_of
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process
from voltward.crypto.revocation.status_answers import NameHash, issuer_hashes
from voltward.crypto.revocation.status_requests import StatusQuery, StatusRefusal
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import Issued, Revocation, RevocationReason
from voltward.ports.signer import StatusAnswer
from voltward.usecases.revocation.status_book import BURST, KeptAnswer, StatusBook

CA = hierarchy().ecdsa.stations.certificate
ISSUER = authority_id(CA)
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus


class CountedSigner(SignerClient):
    """The real one, in this process; counts what it signs, and may be away."""

    signed = 0
    is_away = False

    async def status_answers(
        self, issuer: str, serials: Sequence[int], name_hash: str, nonce: bytes = b""
    ) -> Sequence[StatusAnswer]:
        if self.is_away:
            raise OutsideFault("the signer is away.")
        self.signed += len(serials)
        return await super().status_answers(issuer, serials, name_hash, nonce)


class Desk:
    """A book on a signer with one certificate."""

    def __init__(self, site: SignerSite) -> None:
        self.site = site
        self.desk = site.desk()
        self.signer = CountedSigner(in_process(self.desk))
        self.book = StatusBook(self.signer, site.clock)
        self.serial = 0

    async def open(self) -> None:
        chain = cast("Issued", await self.signer.issue(order_of(csr_of()))).chain
        self.serial = x509.load_der_x509_certificate(chain[0]).serial_number
        await self.become("stations-ca-ecdsa")

    async def become(self, *moved: str) -> None:
        self.book.become(await self.signer.authorities(), moved)

    async def says(self, serial: int, form: NameHash = NameHash.SHA1, nonce: bytes = b"") -> object:
        name, key = issuer_hashes(CA.public_bytes(Encoding.DER), form)
        told = await self.book.answer(StatusQuery(form.value, name, key, serial, nonce))
        if isinstance(told, KeptAnswer):
            answer = ocsp.load_der_ocsp_response(told.answer.der)
            repeated = [one.value.nonce for one in answer.extensions if isinstance(one.value, x509.OCSPNonce)]
            assert repeated == ([nonce] if nonce else [])
            return answer.certificate_status
        return told


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(SignerSite(tmp_path).make())
    await made.open()
    yield made
    made.desk.close()


async def test_an_answer_is_signed_once_and_told_again(desk: Desk) -> None:
    assert [await desk.says(desk.serial) for _ in range(3)] == [GOOD] * 3
    assert desk.signer.signed == 1
    assert await desk.says(desk.serial, NameHash.SHA256) is GOOD
    assert len(desk.book) == 2


async def test_what_is_revoked_is_told_as_soon_as_the_authority_moved(desk: Desk) -> None:
    await desk.says(desk.serial)
    await desk.signer.revoke(Revocation(ISSUER, desk.serial, NOON, RevocationReason.KEY_COMPROMISE))
    await desk.become()
    assert await desk.says(desk.serial) is GOOD
    await desk.become("stations-ca-ecdsa")

    assert await desk.says(desk.serial) is REVOKED


async def test_that_a_number_was_never_given_out_is_not_kept(desk: Desk) -> None:
    assert await desk.says(7) is UNKNOWN
    assert len(desk.book) == 0


async def test_what_was_asked_for_is_signed_again_ahead_of_its_end_and_then_forgotten(desk: Desk) -> None:
    await desk.says(desk.serial)
    assert await desk.book.renew() == 0

    desk.site.clock.leap(86400 + 1)
    assert await desk.book.renew() == 1
    assert desk.signer.signed == 2
    desk.site.clock.leap(86400 + 1)
    assert await desk.book.renew() == 0
    assert len(desk.book) == 0


async def test_a_signer_that_is_away_leaves_what_is_still_good(desk: Desk) -> None:
    await desk.says(desk.serial)
    desk.signer.is_away = True
    desk.site.clock.leap(86400 + 1)

    assert await desk.says(desk.serial) is GOOD
    assert await desk.says(7) is StatusRefusal.TRY_LATER
    desk.site.clock.leap(86400)
    assert await desk.says(desk.serial) is StatusRefusal.TRY_LATER


async def test_strangers_use_up_their_share_and_not_the_signer(desk: Desk) -> None:
    await desk.says(desk.serial)
    said = [await desk.says(number) for number in range(1, BURST + 10)]

    assert said.count(UNKNOWN) <= BURST
    assert said[-1] is StatusRefusal.TRY_LATER
    assert await desk.says(desk.serial) is GOOD
    desk.site.clock.leap(1)
    assert await desk.says(1) is UNKNOWN


async def test_an_answer_with_a_nonce_is_for_one_asker(desk: Desk) -> None:
    assert [await desk.says(desk.serial, nonce=nonce) for nonce in (b"a", b"b", b"b")] == [GOOD] * 3

    assert (desk.signer.signed, len(desk.book)) == (3, 0)
    await desk.signer.revoke(Revocation(ISSUER, desk.serial, NOON, RevocationReason.KEY_COMPROMISE))
    assert await desk.says(desk.serial, nonce=b"c") is REVOKED  # no list has to move for that


async def test_nonces_are_bounded_and_take_nothing_from_those_who_send_none(desk: Desk) -> None:
    await desk.says(desk.serial)
    said = [await desk.says(desk.serial, nonce=b"%d" % number) for number in range(BURST + 1)]

    assert (said[0], said[-1]) == (GOOD, StatusRefusal.TRY_LATER)  # and no answer of before: it has no nonce
    assert await desk.says(7) is UNKNOWN
    desk.site.clock.leap(1)
    assert await desk.says(desk.serial, nonce=b"new") is GOOD
    desk.signer.is_away = True
    assert await desk.says(desk.serial, nonce=b"new") is StatusRefusal.TRY_LATER


async def test_whoever_asks_about_others_is_told_that_we_know_nothing(desk: Desk) -> None:
    unknown = StatusQuery("sha1", b"a" * 20, b"b" * 20, 1)
    name, key = issuer_hashes(CA.public_bytes(Encoding.DER), NameHash.SHA1)

    assert await desk.book.answer(unknown) is StatusRefusal.UNAUTHORIZED
    assert await desk.book.answer(StatusQuery("sha384", name, key, 1)) is StatusRefusal.UNAUTHORIZED

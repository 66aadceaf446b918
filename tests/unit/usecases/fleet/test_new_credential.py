from __future__ import annotations

import pytest

from tests.fakes.builders import authority, denied_certificate
from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock, SeededEntropy
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, make_password, sharing_of
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.credential import Argon2Hash, CredentialState, Origin, Purpose
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.usecases.fleet.new_credential import (
    NewPassword,
    issuer_remarks,
    password_credential,
    pinned_credential,
    proof_of,
)

KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
ISSUER = Authority.create("Issuer")
LEAF = ISSUER.issue(common_name="SN-1").der
CP001 = StationId("CP001")


async def test_a_revoked_certificate_is_not_pinned(store: SqlStore, clock: FakeClock) -> None:
    async with store.begin() as work:
        await work.denials.add(denied_certificate(fingerprint=fingerprint(LEAF)))
        with pytest.raises(OperatorFault, match="revoked"):
            await pinned_credential(work, CP001, LEAF, clock, SeededEntropy())


@pytest.mark.parametrize(
    ("text", "what"),
    [(b"12345678", "at most 8 digits"), (b"sn-77", "the serial"), (b"a station's very own word", "")],
)
def test_a_password_that_stations_are_shipped_with_is_marked(text: bytes, what: str) -> None:
    new = NewPassword(CP001, Secret(text), Origin.IMPORTED, serial="SN-77")
    proof = proof_of(new, KEYS)
    assert what in proof.default_of
    assert bool(proof.default_of) == bool(what)
    assert isinstance(proof.verifier, Argon2Hash)


def test_the_row_tells_where_the_password_came_from(clock: FakeClock) -> None:
    new = NewPassword(CP001, make_password(SeededEntropy()), Origin.MADE, purpose=Purpose.COMMISSIONING)
    row = password_credential(new, proof_of(new, KEYS), KEYS, clock, SeededEntropy())
    assert (row.origin, row.purpose, row.state) == (
        Origin.MADE,
        Purpose.COMMISSIONING,
        CredentialState.PENDING,
    )
    assert row.sharing_digest == sharing_of(KEYS, new.text)


async def test_a_pin_without_a_trusted_issuer_is_remarked(store: SqlStore) -> None:
    async with store.begin() as work:
        (remark,) = await issuer_remarks(work, LEAF)
    await put(store, authority(certificate_pem=ISSUER.certificate_pem))
    async with store.begin() as work:
        trusted = await issuer_remarks(work, LEAF)
        no_certificate = await issuer_remarks(work, None)
    assert "ca trust" in remark
    assert trusted == no_certificate == ()

from __future__ import annotations

import pytest

from tests.fakes.builders import authority, denied_certificate, password_credential, station
from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock, SeededEntropy
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.argon2id import FOR_TESTS
from voltward.crypto.certificates import fingerprint
from voltward.crypto.passwords import PasswordKeys
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.usecases.new_credential import (
    issuer_remarks,
    pinned_credential,
    sharing_remarks,
)
from voltward.usecases.new_credential import (
    password_credential as new_password,
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


async def test_who_shares_a_password_is_named_but_not_the_station_itself(
    store: SqlStore, clock: FakeClock
) -> None:
    text = Secret(b"one for the whole site")
    entropy = SeededEntropy()
    rows = [
        new_password(StationId(name), text, KEYS, clock, entropy, machine_made=False)
        for name in ("CP001", "CP002")
    ]
    await put(store, station("CP001"), station("CP002"), *rows)
    async with store.begin() as work:
        (remark,) = await sharing_remarks(work, rows[0])
        nothing = await sharing_remarks(work, password_credential(sharing_digest=b""))
    assert "CP002" in remark
    assert "CP001" not in remark
    assert nothing == ()


async def test_a_pin_without_a_trusted_issuer_is_remarked(store: SqlStore) -> None:
    async with store.begin() as work:
        (remark,) = await issuer_remarks(work, LEAF)
    await put(store, authority(certificate_pem=ISSUER.certificate_pem))
    async with store.begin() as work:
        trusted = await issuer_remarks(work, LEAF)
        no_certificate = await issuer_remarks(work, None)
    assert "ca trust" in remark
    assert trusted == no_certificate == ()

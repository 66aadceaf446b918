from __future__ import annotations

from tests.fakes.clock import NOON, FakeClock
from tests.fakes.signers import hierarchy
from tests.fakes.stores import journalled
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.reading.certificates import fingerprint
from voltward.ports.authority import RevocationReason
from voltward.usecases.revocation.revoke_authority import authority_row, revoke_authority
from voltward.usecases.revocation.revoke_certificates import RevocationOrder
from voltward.usecases.trust.trust_own_authorities import trust_own_authorities

CLOCK = FakeClock(NOON)
ORDER = RevocationOrder("its key was copied", "cli:ann", RevocationReason.CA_COMPROMISE)
NAMED = hierarchy().named()
CHAIN = (NAMED["stations-ca-ecdsa"].der, NAMED["root-ecdsa"].der)
NAME = fingerprint(CHAIN[0]).hex()


async def test_an_authority_of_ours_loses_its_trust_and_is_on_record_for_its_root(store: SqlStore) -> None:
    await trust_own_authorities(store, CHAIN[:1], "cli:ann", CLOCK)

    revoked = await revoke_authority(store, NAME[:16], CHAIN, ORDER, CLOCK)

    assert revoked.retired_at == NOON
    async with store.read() as reading:
        row = await reading.issued.by_fingerprint(fingerprint(CHAIN[0]))
    assert row is not None
    assert (row.issuer, row.revoked_at, row.reason) == (fingerprint(CHAIN[1]).hex(), NOON, "cACompromise")
    event = (await journalled(store))[-1]
    assert (event.kind, event.facts["code"]) == ("authority_distrusted", "cACompromise")


async def test_one_of_others_only_loses_its_trust(store: SqlStore) -> None:
    await trust_own_authorities(store, CHAIN[:1], "cli:ann", CLOCK)

    await revoke_authority(store, NAME, (), ORDER, CLOCK)

    async with store.read() as reading:
        assert await reading.issued.by_fingerprint(fingerprint(CHAIN[0])) is None
        (authority,) = await reading.authorities.all()
    assert authority.retired_at == NOON


def test_the_record_of_an_authority_has_its_root_as_issuer() -> None:
    row = authority_row(CHAIN, NOON)

    assert row.common_name == "Example CPO stations CA ECDSA" or row.common_name
    assert (row.station, row.chain, row.revoked_at) == (None, CHAIN, None)

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.builders import certificate_credential, issued_certificate, station
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.authority import Authority, TrustedFor
from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.ports.authority import RevocationReason
from voltward.ports.lifecycles import IssuedCertificate
from voltward.usecases.revocation.revoke_certificates import (
    RevocationOrder,
    certificate_with,
    certificates_of,
    holders_below,
    holders_of,
    revoke_certificates,
)

CLOCK = FakeClock()
OURS = issued_certificate()
STOLEN = OURS.fingerprint  # of certificate_credential()
COMPROMISED = RevocationOrder("stolen", "cli:ann", RevocationReason.KEY_COMPROMISE)
REPLACED = RevocationOrder("it has a successor", "cli:ann", RevocationReason.SUPERSEDED)
CA = Authority(OURS.issuer, "CN=Station CA", b"", TrustedFor.STATIONS)


async def save(store: SqlStore, *certificates: IssuedCertificate) -> None:
    async with store.begin() as work:
        for each in certificates:
            await work.issued.save(each)
        await work.commit()


async def test_a_revoked_certificate_is_denied_and_its_credential_ends(store: SqlStore) -> None:
    await put(store, station(), certificate_credential())

    (revoked,) = await revoke_certificates(store, [STOLEN], COMPROMISED, CLOCK)

    assert (revoked.station, revoked.issued) == ("CP001", False)
    async with store.read() as work:
        (denied,) = await work.denials.all()
    assert (denied.fingerprint, denied.reason, denied.station) == (STOLEN, "stolen", "CP001")
    (credential,) = (await entry_of(store)).credentials
    assert credential.state is CredentialState.RETIRED
    (event,) = await journalled(store)
    assert (event.kind, event.subject, event.facts["code"]) == (
        "certificate_revoked",
        "CP001",
        "keyCompromise",
    )


async def test_one_of_ours_is_on_record_as_revoked_for_its_reason(store: SqlStore) -> None:
    await save(store, OURS)

    (revoked,) = await revoke_certificates(store, [STOLEN], COMPROMISED, CLOCK)

    assert (revoked.station, revoked.issued) == ("CP001", True)
    async with store.read() as work:
        found = await work.issued.by_fingerprint(STOLEN)
    assert found is not None
    assert (found.revoked_at, found.reason) == (CLOCK.now(), "keyCompromise")


async def test_a_superseded_certificate_opens_the_repair_lane_and_is_never_cut(store: SqlStore) -> None:
    await put(store, station(), certificate_credential())
    await save(store, OURS)

    await revoke_certificates(store, [STOLEN], REPLACED, CLOCK)

    async with store.read() as work:
        assert await work.denials.all() == []
        found = await work.issued.by_fingerprint(STOLEN)
    assert found is not None
    assert found.revoked_at is not None
    (credential,) = (await entry_of(store)).credentials
    assert credential.state is CredentialState.SUPERSEDED
    assert credential.not_after == CLOCK.now() + timedelta(days=30)


async def test_a_certificate_that_nobody_here_holds_can_be_revoked_as_well(store: SqlStore) -> None:
    (revoked,) = await revoke_certificates(store, [b"\x01" * 32], COMPROMISED, CLOCK)

    assert (revoked.station, revoked.issued) == ("", False)
    async with store.read() as work:
        assert len(await work.denials.all()) == 1


async def test_revoking_twice_keeps_the_first_time_and_reason(store: SqlStore) -> None:
    await put(store, station(), certificate_credential())
    await save(store, OURS)

    await revoke_certificates(store, [STOLEN], COMPROMISED, CLOCK)
    await revoke_certificates(store, [STOLEN], REPLACED, FakeClock(NOON + timedelta(days=1)))

    async with store.read() as work:
        (denied,) = await work.denials.all()
        found = await work.issued.by_fingerprint(STOLEN)
    assert denied.reason == "stolen"
    assert found is not None
    assert (found.revoked_at, found.reason) == (CLOCK.now(), "keyCompromise")


async def test_a_station_has_what_still_counts_seen_or_only_issued(store: SqlStore) -> None:
    retired = certificate_credential(
        generation=2, proof=ClientCertificate(b"\x02" * 32, "SN", b""), state=CredentialState.RETIRED
    )
    await put(store, station(), certificate_credential(), retired)
    await save(store, OURS, issued_certificate(fingerprint=b"3" * 32, order="waiting"))

    assert await certificates_of(store, StationId("CP001")) == [STOLEN, b"3" * 32]
    with pytest.raises(OperatorFault, match="no such station"):
        await certificates_of(store, StationId("CP002"))


async def test_a_station_without_a_certificate_is_told_how_else(store: SqlStore) -> None:
    await put(store, station())

    with pytest.raises(OperatorFault, match="no certificate"):
        await certificates_of(store, StationId("CP001"))


async def test_a_certificate_is_named_by_its_authority_and_number(store: SqlStore) -> None:
    await save(store, OURS)

    assert await certificate_with(store, CA, OURS.serial) == STOLEN
    with pytest.raises(OperatorFault, match="serial number 7 of CN=Station CA"):
        await certificate_with(store, CA, 7)


async def test_those_that_a_revocation_may_cut_are_known(store: SqlStore) -> None:
    below = certificate_credential("CP002", proof=ClientCertificate(b"4" * 32, "SN", bytes.fromhex(CA.id)))
    await put(store, station(), certificate_credential())
    await put(store, station("CP002"), below)

    assert await holders_of(store, [STOLEN, b"9" * 32]) == {StationId("CP001")}
    assert StationId("CP002") in await holders_below(store, CA)

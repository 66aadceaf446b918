from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import issued_certificate, station
from tests.fakes.clock import NOON, SeededEntropy
from tests.fakes.renewals import PlainAuthority, SomeAuthorities, one_authority
from tests.fakes.stores import journalled, lease_errands, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.ports.authority import Declined, Revocation, RevocationReason
from voltward.ports.lifecycles import IssuedCertificate
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.revocation.revoke_there import TOLD_AT, order_revocations
from voltward.usecases.rounds.perform_effect import perform_revocation

REVOKED = issued_certificate(revoked_at=NOON, reason="keyCompromise")
LONG = timedelta(hours=1)


async def revoked(store: SqlStore, record: IssuedCertificate = REVOKED) -> None:
    await put(store, station())
    async with store.begin() as work:
        await work.issued.save(record)
        await work.commit()


async def work(store: SqlStore, authority: PlainAuthority, times: int = 1) -> list[Event]:
    """Carry out what is due, at later and later times; what the journal says."""
    desk = IssuingDesk(one_authority(authority), "Example CPO")
    for turn in range(times):
        now = NOON + turn * LONG
        for errand in await lease_errands(store, "worker", now, limit=10):
            await perform_revocation(store, errand, desk, Moment(now, SeededEntropy()))
    return await journalled(store)


async def test_its_authority_is_told_once(store: SqlStore) -> None:
    await revoked(store)
    authority = PlainAuthority()
    await order_revocations(store, [REVOKED], NOON)
    await work(store, authority, 2)
    await order_revocations(store, [REVOKED], NOON)
    (told,) = await work(store, authority, 2)

    (revocation,) = authority.revoked
    named = REVOKED.issuer, REVOKED.serial, NOON, RevocationReason.KEY_COMPROMISE, REVOKED.chain[0]
    assert revocation == Revocation(*named)
    assert (told.kind, told.subject) == ("certificate_revoked_there", "CP001")


async def test_one_that_takes_no_revocations_is_told_to_a_person_once(store: SqlStore) -> None:
    await revoked(store)
    await order_revocations(store, [REVOKED], NOON)
    authority = PlainAuthority()
    authority.revokes = Declined("corporate takes no revocations over its protocol.")

    (told,) = await work(store, authority, 3)

    assert told.kind == "attention_needed"
    assert "corporate takes no revocations" in str(told.facts["what"])
    assert f"{REVOKED.serial:x}" in str(told.facts["mend"])


async def test_one_that_is_away_is_asked_on_and_on_and_told_of_once(store: SqlStore) -> None:
    await revoked(store)
    await order_revocations(store, [REVOKED], NOON)
    authority = PlainAuthority()
    authority.revokes = OutsideFault("it does not answer.")

    (told,) = await work(store, authority, TOLD_AT + 3)
    assert (told.kind, "it does not answer" in str(told.facts["what"])) == ("attention_needed", True)

    authority.revokes = None
    desk = IssuingDesk(one_authority(authority), "Example CPO")
    later = NOON + timedelta(days=2)
    (errand,) = await lease_errands(store, "worker", later, limit=10)
    await perform_revocation(store, errand, desk, Moment(later, SeededEntropy()))
    assert len(authority.revoked) == 1


async def test_a_certificate_that_was_only_replaced_stays_off_that_list(store: SqlStore) -> None:
    await revoked(store, replace(REVOKED, reason=RevocationReason.SUPERSEDED.value))
    await order_revocations(store, [replace(REVOKED, reason="superseded")], NOON)

    assert await lease_errands(store, "worker", NOON, limit=10) == []


@pytest.mark.parametrize("reason", ["never used", ""])
async def test_words_in_the_place_of_a_code_say_nothing_there(store: SqlStore, reason: str) -> None:
    await revoked(store, replace(REVOKED, reason=reason))
    await order_revocations(store, [replace(REVOKED, reason=reason)], NOON)
    authority = PlainAuthority()
    await work(store, authority)

    assert [one.reason for one in authority.revoked] == [RevocationReason.UNSPECIFIED]


async def test_a_certificate_of_nobody_is_told_to_a_person(store: SqlStore) -> None:
    lost = replace(REVOKED, station=None)
    await revoked(store, lost)
    await order_revocations(store, [lost], NOON)
    authority = PlainAuthority()

    (told,) = await work(store, authority)

    assert (told.kind, authority.revoked) == ("attention_needed", [])


async def test_the_authority_that_signed_is_told_whoever_signs_by_now(store: SqlStore) -> None:
    await revoked(store, replace(REVOKED, authority="retired-corp"))
    await order_revocations(store, [REVOKED], NOON)
    before, now = PlainAuthority(), PlainAuthority()
    both = SomeAuthorities({"corporate": now, "retired-corp": before})
    moment = Moment(NOON, SeededEntropy())

    for errand in await lease_errands(store, "worker", NOON, limit=10):
        await perform_revocation(store, errand, IssuingDesk(both, "Example CPO"), moment)

    assert (len(before.revoked), now.revoked) == (1, [])


async def test_an_authority_that_the_settings_know_no_more_is_told_to_a_person(store: SqlStore) -> None:
    await revoked(store, replace(REVOKED, authority="retired-corp"))
    await order_revocations(store, [REVOKED], NOON)
    authority = PlainAuthority()

    (told,) = await work(store, authority)

    assert "there is no authority 'retired-corp'" in str(told.facts["what"])
    assert (told.facts["authority"], authority.revoked) == ("retired-corp", [])

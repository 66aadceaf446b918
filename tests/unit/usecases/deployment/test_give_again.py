from __future__ import annotations

from datetime import timedelta

from tests.fakes.builders import authority, certificate_credential, denied_certificate, station
from tests.fakes.clock import NOON
from tests.fakes.stores import entry_of, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import CredentialState
from voltward.domain.ended_rights import NONE_ENDED, Distrusted, EndedRights
from voltward.domain.station import Standing, StationId
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.follow_store import catch_up, load_registry
from voltward.usecases.deployment.give_again import give_again

CP1 = StationId("CP001")
LATER = NOON + timedelta(days=1)


async def restored(store: SqlStore, known: EndedRights) -> AdmissionRegistry:
    """A registry that knows more than the store, which is a backup of NOON."""
    await put(store, station(), certificate_credential(), authority(added_at=NOON))
    registry = AdmissionRegistry()
    await load_registry(store, store.feed, registry)
    registry.hold(known)
    return registry


async def test_the_store_learns_again_what_it_has_forgotten(store: SqlStore) -> None:
    known = EndedRights((denied_certificate(),), (CP1,), (Distrusted(authority().id, LATER),))
    registry = await restored(store, known)

    given = await give_again(store, registry, LATER)
    moved = await catch_up(store, store.feed, registry)

    assert (given, registry.forgotten, registry.ended) == (known, NONE_ENDED, known)
    assert moved.trust
    entry = await entry_of(store)
    assert entry.station.standing is Standing.RETIRED
    assert [credential.state for credential in entry.credentials] == [CredentialState.RETIRED]
    fresh = AdmissionRegistry()
    await load_registry(store, store.feed, fresh)
    assert (fresh.ended, list(fresh.authorities)) == (known, [])
    rows = await store.journal_reader().tail(10)
    assert [(row.event.kind, row.event.facts["again"]) for row in rows] == [
        ("certificate_revoked", True),
        ("station_retired", True),
        ("authority_distrusted", True),
    ]


async def test_a_denied_certificate_ends_the_credential_that_stands_on_it(store: SqlStore) -> None:
    registry = await restored(store, EndedRights((denied_certificate(),)))

    await give_again(store, registry, LATER)

    (held,) = (await entry_of(store)).credentials
    assert held.state is CredentialState.RETIRED


async def test_nothing_forgotten_writes_nothing(store: SqlStore) -> None:
    registry = await restored(store, NONE_ENDED)
    before = await store.feed.latest()

    assert not await give_again(store, registry, LATER)

    assert await store.feed.latest() == before
    assert await store.journal_reader().tail(10) == []

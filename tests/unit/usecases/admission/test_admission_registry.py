from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.builders import (
    authority,
    certificate_credential,
    denied_certificate,
    exception,
    password_credential,
    station,
)
from tests.fakes.clock import NOON
from voltward.domain.credential import ClientCertificate, CredentialState, Purpose
from voltward.domain.ended_rights import Distrusted, EndedRights
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, StationId
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import CertificateFirstSeen, Connected
from voltward.usecases.admission.admission_registry import AdmissionRegistry

CP1, CP2 = StationId("CP001"), StationId("CP002")


def leaf(identity: str = "CP001") -> bytes:
    proof = certificate_credential(identity).proof
    assert isinstance(proof, ClientCertificate)
    return proof.fingerprint


def registry_of(*entries: StationEntry) -> AdmissionRegistry:
    registry = AdmissionRegistry()
    for entry in entries:
        registry.put_station(entry)
    return registry


def test_an_unknown_station_has_no_entry() -> None:
    assert registry_of().lookup(CP1, NOON) is None


def test_the_latest_entry_of_a_station_counts() -> None:
    registry = registry_of(StationEntry(station(group="a")), StationEntry(station(group="b")))

    found = registry.lookup(CP1, NOON)

    assert found is not None
    assert (found.station.group, len(registry)) == ("b", 1)


def test_an_exception_is_gone_in_the_very_second_of_its_end() -> None:
    ending = exception(until=NOON)
    lasting = exception("CERT-06", until=NOON + timedelta(days=1))
    registry = registry_of(StationEntry(station(), exceptions=(ending, lasting)))

    before = registry.lookup(CP1, NOON - timedelta(seconds=1))
    after = registry.lookup(CP1, NOON)

    assert before is not None
    assert after is not None
    assert (before.exceptions, after.exceptions) == ((ending, lasting), (lasting,))


def test_an_entry_without_ended_exceptions_is_handed_out_as_it_is() -> None:
    entry = StationEntry(station(), exceptions=(exception(),))

    assert registry_of(entry).lookup(CP1, NOON) is entry


def test_an_identity_in_another_letter_case_collides() -> None:
    registry = registry_of(StationEntry(station("CP-straße")))

    assert registry.colliding(StationId("cp-STRASSE")) == StationId("CP-straße")
    assert registry.colliding(StationId("CP-straße")) is None
    assert registry.colliding(StationId("cp-STRASSE", "other tenant")) is None


def test_a_station_that_is_gone_collides_with_nobody_and_owns_nothing() -> None:
    registry = registry_of(StationEntry(station(), (certificate_credential(),)))

    registry.drop_station(CP1)
    registry.drop_station(CP1)

    assert (registry.lookup(CP1, NOON), registry.colliding(StationId("cp001"))) == (None, None)
    assert (registry.owner_of(leaf()), len(registry)) == (None, 0)


def test_a_certificate_belongs_to_the_station_that_had_it_first() -> None:
    stolen = replace(certificate_credential("CP002"), proof=certificate_credential("CP001").proof)
    registry = registry_of(
        StationEntry(station("CP001"), (certificate_credential("CP001"),)),
        StationEntry(station("CP002"), (stolen,)),
    )

    assert registry.owner_of(leaf()) == CP1


def test_dropping_another_station_takes_no_owner_away() -> None:
    shared = replace(certificate_credential("CP002"), proof=certificate_credential("CP001").proof)
    registry = registry_of(
        StationEntry(station("CP001"), (certificate_credential("CP001"),)),
        StationEntry(station("CP002"), (shared,)),
    )

    registry.drop_station(CP2)

    assert registry.owner_of(leaf()) == CP1


def test_a_retired_certificate_belongs_to_nobody() -> None:
    retired = certificate_credential(state=CredentialState.RETIRED)

    assert registry_of(StationEntry(station(), (retired,))).owner_of(leaf()) is None


def test_the_deny_list_is_replaced_as_a_whole() -> None:
    registry = registry_of()
    registry.set_denials([denied_certificate("CP001")])
    registry.set_denials([denied_certificate("CP002")])

    assert registry.denied(leaf("CP001")) is None
    assert registry.denied(leaf("CP002")) == denied_certificate("CP002")


def test_what_was_ended_for_good_is_held_against_an_older_store() -> None:
    denied, good = denied_certificate(), authority("Good", added_at=NOON)
    known = EndedRights((denied,), (CP1, CP2), (Distrusted(good.id, NOON + timedelta(days=1)),))
    registry = registry_of(StationEntry(station("CP001"), (certificate_credential("CP001"),)))
    registry.set_authorities([good])

    registry.hold(known)

    assert registry.forgotten == replace(known, retired=(CP1,))  # nobody has registered the other
    assert registry.ended == registry.forgotten
    assert not registry.authorities
    entry = registry.lookup(CP1, NOON)
    assert entry is not None
    assert (entry.station.standing, entry.credentials) == (Standing.RETIRED, ())


def test_what_the_store_knows_itself_is_not_forgotten() -> None:
    denied, retired = denied_certificate(), authority("Old", added_at=NOON, retired_at=NOON)
    registry = registry_of(StationEntry(replace(station(), standing=Standing.RETIRED)))
    registry.set_denials([denied])
    registry.set_authorities([retired])

    registry.hold(registry.ended)

    assert not registry.forgotten
    assert registry.ended == EndedRights((denied,), (CP1,), (Distrusted(retired.id, NOON),))


def test_an_authority_that_was_trusted_anew_since_is_believed() -> None:
    again = authority("Again", added_at=NOON + timedelta(days=2))
    registry = registry_of()
    registry.set_authorities([again])

    registry.hold(EndedRights(distrusted=(Distrusted(again.id, NOON + timedelta(days=1)),)))

    assert list(registry.authorities) == [again.id]
    assert not registry.forgotten


def test_a_retired_authority_is_not_among_those_in_force() -> None:
    registry = registry_of()
    good, retired = authority("Good"), authority("Old", retired_at=NOON)

    registry.set_authorities([good, retired])

    assert dict(registry.authorities) == {good.id: good}


def test_all_entries_can_be_walked_through() -> None:
    entries = [StationEntry(station("CP001")), StationEntry(station("CP002"))]

    assert list(registry_of(*entries).stations()) == entries


def test_a_password_is_shared_as_long_as_two_stations_have_it() -> None:
    one, two = (
        StationEntry(station(name), (password_credential(name, sharing_digest=b"same"),))
        for name in ("CP001", "CP002")
    )
    registry = registry_of(one, two, two)
    assert registry.is_shared(b"same")
    retired = replace(two.credentials[0], state=CredentialState.RETIRED)
    registry.put_station(replace(two, credentials=(retired,)))
    assert not registry.is_shared(b"same")
    registry.put_station(two)
    registry.drop_station(CP1)
    assert not registry.is_shared(b"same")


def test_a_stations_own_generations_share_nothing() -> None:
    held = tuple(password_credential(generation=n, sharing_digest=b"same") for n in (1, 2))
    assert not registry_of(StationEntry(station(), held)).is_shared(b"same")


def test_a_proof_of_the_old_hardware_counts_no_more() -> None:
    held = (password_credential(proven_at=NOON),)
    assert StationEntry(station(), held).has_proven_credential
    assert not StationEntry(station(recommissioned_at=NOON), held).has_proven_credential
    before = NOON - timedelta(seconds=1)
    assert StationEntry(station(recommissioned_at=before), held).has_proven_credential


CAME = Connected(CP1, NOON, SecurityProfile.TLS_BASIC, "192.0.2.7")


def test_what_was_learnt_holds_whatever_the_store_still_says() -> None:
    registry = registry_of(StationEntry(station()))
    assert registry.learn(CAME)

    registry.put_station(StationEntry(station(note="as the store has it")))

    entry = registry.entry(CP1)
    assert entry is not None
    assert (entry.station.note, entry.station.known_sources) == ("as the store has it", ("192.0.2.7",))


def test_what_is_in_the_store_is_left_to_the_store() -> None:
    registry = registry_of(StationEntry(station()))
    registry.learn(CAME)
    registry.saved([CAME])
    registry.saved([CAME])  # told twice

    registry.put_station(StationEntry(station()))

    entry = registry.entry(CP1)
    assert entry is not None
    assert (entry.station.known_sources, registry.learnt) == ((), 0)


def test_what_is_known_is_no_news() -> None:
    registry = registry_of(StationEntry(station()))

    assert [registry.learn(CAME), registry.learn(replace(CAME, at=NOON + timedelta(hours=1)))] == [
        True,
        False,
    ]
    assert not registry.learn(replace(CAME, station=CP2))


def test_a_fact_that_is_on_its_way_waits_for_its_station() -> None:
    registry = registry_of()
    registry.expect(CAME)

    registry.put_station(StationEntry(station()))

    entry = registry.entry(CP1)
    assert entry is not None
    assert entry.station.known_sources == ("192.0.2.7",)


def test_a_certificate_that_has_an_owner_is_learnt_for_nobody_else() -> None:
    proof = certificate_credential("CP002").proof
    assert isinstance(proof, ClientCertificate)
    seen = CertificateFirstSeen(CP1, NOON, proof, Purpose.PRODUCTION)
    retired = certificate_credential("CP001", proof=proof, state=CredentialState.RETIRED)
    taken = registry_of(
        StationEntry(station()), StationEntry(station("CP002"), (certificate_credential("CP002"),))
    )
    replaced = registry_of(StationEntry(station(), (retired,)))
    free = registry_of(StationEntry(station()))

    assert [registry.learn(seen) for registry in (taken, replaced, free)] == [False, False, True]
    assert free.owner_of(proof.fingerprint) == CP1


def test_stations_that_the_store_does_not_know_are_forgotten() -> None:
    registry = registry_of(StationEntry(station("CP001")), StationEntry(station("CP002")))

    registry.keep_only([CP2])

    assert [entry.station.id for entry in registry.stations()] == [CP2]


def test_a_key_is_that_of_the_record_if_there_is_one() -> None:
    registry = registry_of(StationEntry(station()))
    entry = registry.entry(CP1)

    assert entry is not None
    assert registry.key("CP001", "default") is entry.station.id
    assert (registry.key("CP002", "default"), registry.key(None, "default")) == (CP2, None)

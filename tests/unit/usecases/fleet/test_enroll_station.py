from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.builders import authority, certificate_credential, denied_certificate, station
from tests.fakes.certificates import self_signed
from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from tests.fakes.stores import entry_of, journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, canonical_octets, matches_digest
from voltward.domain.authority import Binding, BindingRule
from voltward.domain.credential import (
    Argon2Hash,
    ClientCertificate,
    CredentialState,
    KeyedDigest,
    Password,
    Purpose,
)
from voltward.domain.errors import OperatorFault, StationFault
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, StationId
from voltward.ocpp import DIALECTS
from voltward.usecases.fleet.enroll_station import Enrolled, EnrolmentOrder, enroll_station, identity_problem

KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
P1, P2, P3 = SecurityProfile
LEAF = self_signed("SN-0001")


class Desk:
    """Orders of ann."""

    def __init__(self, store: SqlStore, clock: FakeClock) -> None:
        self.store = store
        self._clock = clock
        self._entropy = SeededEntropy()

    async def enroll(self, identity: str = "CP001", profile: SecurityProfile = P2, **order: Any) -> Enrolled:
        key = StationId(identity, order.pop("tenant", "default"))
        ordered = EnrolmentOrder(key, profile, "cli:ann", **order)
        return await enroll_station(self.store, ordered, KEYS, self._clock, self._entropy)


@pytest.fixture
def desk(store: SqlStore, clock: FakeClock) -> Desk:
    return Desk(store, clock)


@pytest.mark.parametrize("profile", [P1, P2])
async def test_a_station_with_a_password_gets_one_that_is_told_once(
    desk: Desk, profile: SecurityProfile
) -> None:
    enrolled = await desk.enroll(profile=profile, serial="SN-0001", group="site-a", site="Ulm 1")

    assert enrolled.password is not None
    assert len(enrolled.password.reveal()) == 40
    entry = await entry_of(desk.store)
    record = entry.station
    assert (record.profile, record.floor, record.standing) == (profile, profile, Standing.COMMISSIONING)
    assert (record.serial, record.group, record.site) == ("SN-0001", "site-a", "Ulm 1")
    assert record.created_at == NOON
    (credential,) = entry.credentials
    assert (credential.purpose, credential.state, credential.generation) == (
        Purpose.PRODUCTION,
        CredentialState.PENDING,
        1,
    )


async def test_a_made_password_is_kept_as_a_keyed_digest_that_it_matches(desk: Desk) -> None:
    enrolled = await desk.enroll()

    (credential,) = (await entry_of(desk.store)).credentials
    assert isinstance(credential.proof, Password)
    assert isinstance(credential.proof.verifier, KeyedDigest)
    assert enrolled.password is not None
    read = canonical_octets(enrolled.password.reveal(), hexadecimal=True)
    assert read is not None
    assert matches_digest(KEYS.digest, StationId("CP001"), read[0], credential.proof.verifier)


async def test_a_password_of_people_is_hashed_slowly_and_never_told_back(desk: Desk) -> None:
    enrolled = await desk.enroll(password=Secret(b"correct horse battery"))

    assert enrolled.password is None
    (credential,) = (await entry_of(desk.store)).credentials
    assert isinstance(credential.proof, Password)
    assert isinstance(credential.proof.verifier, Argon2Hash)


async def test_the_journal_says_who_enrolled_what_and_no_secret(desk: Desk) -> None:
    enrolled = await desk.enroll(serial="SN-0001")

    (event,) = await journalled(desk.store)
    assert (event.kind, event.actor, event.subject) == ("station_enrolled", "cli:ann", "CP001")
    assert dict(event.facts) == {"profile": 2, "serial": "SN-0001", "group": "default"}
    assert enrolled.password is not None
    assert enrolled.password.reveal().decode() not in repr(event)


async def test_a_shared_password_is_remarked_upon(desk: Desk) -> None:
    await desk.enroll("CP001", password=Secret(b"the same for all"))

    enrolled = await desk.enroll("CP002", password=Secret(b"the same for all"))

    assert len(enrolled.remarks) == 1
    assert "CP001" in enrolled.remarks[0]


@pytest.mark.parametrize("identity", ["", "a/b", "a:b", "x" * 49, "..", " a", "straße"])
async def test_what_no_dialect_takes_is_no_identity(desk: Desk, identity: str) -> None:
    with pytest.raises(OperatorFault, match="no identity that OCPP knows"):
        await desk.enroll(identity)


@given(st.text(max_size=60))
def test_an_identity_is_taken_if_and_only_if_some_dialect_takes_it(identity: str) -> None:
    is_taken = any(dialect.identity.problem(identity) is None for dialect in DIALECTS.values())

    assert (identity_problem(identity) == "") == is_taken


async def test_a_station_is_registered_once(desk: Desk) -> None:
    await desk.enroll()

    with pytest.raises(OperatorFault, match="registered already") as caught:
        await desk.enroll()
    assert "station show" in caught.value.mend


async def test_two_identities_that_differ_in_letter_case_only_are_one_too_many(desk: Desk) -> None:
    await desk.enroll("CP001")

    with pytest.raises(OperatorFault, match="CP001 is registered and differs in letter case only"):
        await desk.enroll("cp001")


async def test_one_serial_names_one_station(desk: Desk) -> None:
    await desk.enroll("CP001", serial="SN-1")

    with pytest.raises(OperatorFault, match="the serial SN-1 belongs to CP001"):
        await desk.enroll("CP002", serial="SN-1")


async def test_the_serial_of_a_retired_station_may_come_back(desk: Desk) -> None:
    await put(desk.store, station("CP001", serial="SN-1", standing=Standing.RETIRED))

    assert (await desk.enroll("CP002", serial="SN-1")).station.serial == "SN-1"


@pytest.mark.parametrize(
    ("order", "lacks"),
    [({}, "no authority is trusted"), ({"serial": "SN-1"}, "no authority is trusted")],
)
async def test_profile_3_needs_something_to_prove_it_with(
    desk: Desk, order: dict[str, Any], lacks: str
) -> None:
    with pytest.raises(OperatorFault, match=lacks) as caught:
        await desk.enroll(profile=P3, **order)
    assert "--certificate" in caught.value.mend


async def test_under_a_trusted_authority_the_serial_is_enough(desk: Desk) -> None:
    await put(desk.store, authority())

    enrolled = await desk.enroll(profile=P3, serial="SN-1")

    assert enrolled.password is None
    assert (await entry_of(desk.store)).credentials == ()
    with pytest.raises(OperatorFault, match="its serial is not given"):
        await desk.enroll("CP002", profile=P3)


async def test_a_retired_authority_is_no_help(desk: Desk) -> None:
    await put(desk.store, authority(retired_at=NOON))

    with pytest.raises(OperatorFault, match="no authority is trusted"):
        await desk.enroll(profile=P3, serial="SN-1")


async def test_an_authority_that_goes_by_identity_needs_no_serial(desk: Desk) -> None:
    await put(desk.store, authority(binding=Binding(BindingRule.IDENTITY_IN_COMMON_NAME)))

    assert (await desk.enroll(profile=P3)).station.serial is None


async def test_a_certificate_is_pinned_to_its_station(desk: Desk) -> None:
    await desk.enroll(profile=P3, certificate=LEAF.der)

    (credential,) = (await entry_of(desk.store)).credentials
    assert credential.proof == ClientCertificate(LEAF.fingerprint, "SN-0001", b"", pinned=True)
    assert credential.state is CredentialState.PENDING


async def test_one_certificate_belongs_to_one_station(desk: Desk) -> None:
    await desk.enroll("CP001", P3, certificate=LEAF.der)

    with pytest.raises(OperatorFault, match="this certificate belongs to CP001"):
        await desk.enroll("CP002", P3, certificate=LEAF.der)


async def test_a_retired_certificate_row_does_not_stand_in_the_way(desk: Desk) -> None:
    retired = certificate_credential(
        "CP009",
        proof=ClientCertificate(LEAF.fingerprint, "SN-0001", b""),
        state=CredentialState.RETIRED,
    )
    await put(desk.store, station("CP009"), retired)

    assert (await desk.enroll("CP001", P3, certificate=LEAF.der)).station.profile is P3


async def test_a_revoked_certificate_is_nobodys_any_more(desk: Desk) -> None:
    async with desk.store.begin() as work:
        await work.denials.add(denied_certificate(fingerprint=LEAF.fingerprint))
        await work.commit()

    with pytest.raises(OperatorFault, match="was revoked"):
        await desk.enroll(profile=P3, certificate=LEAF.der)


async def test_profile_3_takes_no_password(desk: Desk) -> None:
    with pytest.raises(OperatorFault, match="profile 3 takes no password"):
        await desk.enroll(profile=P3, password=Secret(b"correct horse battery"), certificate=LEAF.der)


@pytest.mark.parametrize("profile", [P1, P2])
async def test_a_certificate_is_for_profile_3_alone(desk: Desk, profile: SecurityProfile) -> None:
    with pytest.raises(OperatorFault, match="for profile 3 alone"):
        await desk.enroll(profile=profile, certificate=LEAF.der)


async def test_octets_that_are_no_certificate_are_told_as_that(desk: Desk) -> None:
    with pytest.raises(StationFault, match="not a readable"):
        await desk.enroll(profile=P3, certificate=b"nonsense")


async def test_a_refused_enrolment_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(OperatorFault):
        await desk.enroll(profile=P3)

    async with desk.store.read() as work:
        assert list(await work.stations.all()) == []
    assert await journalled(desk.store) == []


async def test_one_identity_and_one_serial_may_be_had_in_each_tenant(desk: Desk) -> None:
    for tenant in ("default", "north", "south"):
        await desk.enroll(tenant=tenant, serial="SN-0001")

    async with desk.store.read() as work:
        assert [str(record.id) for record in await work.stations.all()] == [
            "CP001",
            "north/CP001",
            "south/CP001",
        ]


async def test_a_shared_password_is_found_across_tenants(desk: Desk) -> None:
    await desk.enroll(password=Secret(b"correct horse battery"))

    enrolled = await desk.enroll(tenant="north", password=Secret(b"correct horse battery"))

    (remark,) = enrolled.remarks
    assert "same password: CP001" in remark


async def test_one_certificate_is_one_stations_whatever_the_tenant(desk: Desk) -> None:
    await desk.enroll(profile=P3, certificate=LEAF.der)

    with pytest.raises(OperatorFault, match="belongs to CP001"):
        await desk.enroll(profile=P3, tenant="north", certificate=LEAF.der)

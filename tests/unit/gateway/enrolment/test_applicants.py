from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.arrivals import DIGEST_KEY, HOME, MadeDoor, tls_facts, trusted
from tests.fakes.builders import password_credential, station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import FakeClock
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, password_proof
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import ClientCertificate, Credential, CredentialState, Purpose
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing, StationId
from voltward.domain.station_entry import StationEntry
from voltward.gateway.enrolment.applicants import Applicants, Knock, Stranger
from voltward.wire.authorization import basic_header

KEYS = PasswordKeys(DIGEST_KEY, Secret(b"h" * 32), FOR_TESTS)
RIGHT = b"00112233445566778899aabbccddeeff00112233"
ROOT = MadeAuthority.create("Station CA")
LEAF = ROOT.issue("SN-CP001", "Example CPO")
P3 = SecurityProfile.TLS_CERTIFICATE


@pytest.fixture
def made() -> Iterator[MadeDoor]:
    door = MadeDoor(FakeClock(SystemClock().now()))
    door.registry.set_authorities([trusted(ROOT)])
    yield door
    door.close()


def applicants(made: MadeDoor) -> Applicants:
    door = made.door
    return Applicants(
        made.registry, made.rules, door.passwords, made.guessing, ("Example CPO",), door.reader, made.clock
    )


def password(identity: str = "CP001", **changes: Any) -> Credential:
    proof = password_proof(KEYS, StationId(identity), Secret(RIGHT), machine_made=True)
    return password_credential(identity, **{"proof": proof, **changes})


def certificate(**changes: Any) -> Credential:
    proof = ClientCertificate(fingerprint(LEAF.der), "SN-CP001", fingerprint(ROOT.der), pinned=True)
    return password_credential(**{"id": "certificate", "proof": proof, **changes})


def enter(made: MadeDoor, *credentials: Credential, **record: Any) -> None:
    made.registry.put_station(StationEntry(station(**record), credentials))


def knock(user: str | None = None, secret: bytes = RIGHT, **changes: Any) -> Knock:
    header = basic_header(user, Secret(secret)).decode("ascii") if user is not None else None
    leaf = changes.pop("leaf", None)
    facts = tls_facts(leaf, ROOT if leaf is not None else None)
    fields = {"source": HOME, "address": "192.0.2.7", "tls": facts, "path": "/", "tenant": None}
    return Knock(**{**fields, "authorization": header, **changes})


async def test_the_right_password_is_the_stations(made: MadeDoor) -> None:
    enter(made, password())

    entry = await applicants(made).by_password(knock("CP001"))

    assert isinstance(entry, StationEntry)
    assert entry.station.id == StationId("CP001")


async def test_a_password_for_commissioning_serves_until_the_station_is_proven(made: MadeDoor) -> None:
    first = password(purpose=Purpose.COMMISSIONING, state=CredentialState.PENDING)
    enter(made, first, standing=Standing.COMMISSIONING)
    assert isinstance(await applicants(made).by_password(knock("CP001")), StationEntry)

    enter(made, first, certificate(proven_at=made.clock.now()))
    refused = await applicants(made).by_password(knock("CP001"))

    assert isinstance(refused, Stranger)


@pytest.mark.parametrize(
    ("changes", "control"),
    [
        ({"secret": b"f" * 40}, "AUTH-02"),
        ({"user": "CP002"}, "ID-02"),
        ({"user": "cp001"}, "ID-03"),
        ({"tenant": "other"}, "ID-02"),
        ({"authorization": None}, ""),
        ({"authorization": "Bearer abc"}, ""),
        ({"authorization": "Basic " + "QQ==" * 200}, ""),
        ({"authorization": "Basic /zo="}, ""),
        ({"user": ""}, ""),
    ],
)
async def test_nobody_else_is_believed(made: MadeDoor, changes: dict[str, Any], control: str) -> None:
    enter(made, password())

    refused = await applicants(made).by_password(knock(**{"user": "CP001", **changes}))

    assert isinstance(refused, Stranger)
    assert refused.control == control


@pytest.mark.parametrize("record", [{"standing": Standing.RETIRED}, {"standing": Standing.QUARANTINED}])
async def test_a_station_that_is_held_is_not_given_anything(made: MadeDoor, record: dict[str, Any]) -> None:
    enter(made, password(), **record)

    assert isinstance(await applicants(made).by_password(knock("CP001")), Stranger)


async def test_nobody_is_believed_because_a_group_is_only_observed(made: MadeDoor) -> None:
    enter(made, password())
    made.observe()

    assert isinstance(await applicants(made).by_password(knock("CP001", b"f" * 40)), Stranger)


def test_the_present_certificate_is_its_stations(made: MadeDoor) -> None:
    enter(made, certificate(), profile=P3)

    entry = applicants(made).by_certificate(knock(leaf=LEAF))

    assert isinstance(entry, StationEntry)
    assert entry.station.id == StationId("CP001")


def test_a_certificate_that_is_nobodys_or_of_another_tenant_is_refused(made: MadeDoor) -> None:
    assert isinstance(applicants(made).by_certificate(knock()), Stranger)
    assert isinstance(applicants(made).by_certificate(knock(leaf=LEAF)), Stranger)

    enter(made, certificate(), profile=P3)
    assert isinstance(applicants(made).by_certificate(knock(leaf=LEAF, tenant="other")), Stranger)
    assert isinstance(applicants(made).by_certificate(knock(leaf=LEAF, tenant="default")), StationEntry)


def test_a_certificate_that_was_revoked_gets_no_next_one(made: MadeDoor) -> None:
    enter(made, certificate(), profile=P3)
    made.registry.set_denials([DeniedCertificate(fingerprint(LEAF.der), "stolen", made.clock.now(), "CP001")])

    refused = applicants(made).by_certificate(knock(leaf=LEAF))

    assert isinstance(refused, Stranger)
    assert refused.control == "CERT-04"


async def test_a_right_password_beside_a_revoked_certificate_gets_nothing(made: MadeDoor) -> None:
    enter(made, password(), certificate())
    made.registry.set_denials([DeniedCertificate(fingerprint(LEAF.der), "stolen", made.clock.now(), "CP001")])

    assert isinstance(await applicants(made).by_password(knock("CP001", leaf=LEAF)), Stranger)


async def test_who_guesses_waits_longer_each_time_whether_the_identity_is_known_or_not(
    made: MadeDoor,
) -> None:
    enter(made, password())
    delays: dict[str, list[float]] = {}
    for number, user in enumerate(("CP001", "CP002")):
        source = type(HOME)(f"192.0.2.{number}")
        for _ in range(8):
            tried = knock(user, b"f" * 40, source=source)
            refused = await applicants(made).by_password(tried)
            assert isinstance(refused, Stranger)
            delays.setdefault(user, []).append(applicants(made).refused(tried, refused))

    assert delays["CP001"] == delays["CP002"]
    assert delays["CP001"][0] < delays["CP001"][-1]

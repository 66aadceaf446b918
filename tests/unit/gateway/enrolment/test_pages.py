from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from tests.fakes.arrivals import DIGEST_KEY, HOME, MadeDoor, tls_facts
from tests.fakes.builders import password_credential, station
from tests.fakes.certificates import Authority
from tests.fakes.renewals import CP001, RULES, RenewalWorld, station_csr
from tests.fakes.stores import journalled, opened_store
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys, password_proof
from voltward.domain.credential import CredentialState
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.domain.station_entry import StationEntry
from voltward.gateway.enrolment.applicants import Applicants
from voltward.gateway.enrolment.desk import DeskParts, DeskTerms, EnrolmentDesk
from voltward.gateway.enrolment.pages import Caller, EnrolmentPages, Reply
from voltward.wire.authorization import basic_header
from voltward.wire.small_http import RequestHead

RIGHT = Secret(b"00112233445566778899aabbccddeeff00112233")
ABOVE = (Authority.create("Root").der, Authority.create("Stations").der)
ENROLL = "/.well-known/est/simpleenroll"
BODY = b64encode(station_csr())


class AwayStore:
    """Nobody reaches it."""

    def begin(self) -> Any:
        raise OutsideFault("the store is away.")

    read = begin


@dataclass
class Desk:
    """Pages with all that stands behind them."""

    world: RenewalWorld
    door: MadeDoor
    pages: EnrolmentPages

    async def post(
        self, path: str = ENROLL, user: str = "CP001", body: bytes = BODY, **headers: str
    ) -> Reply:
        proof = basic_header(user, RIGHT).decode("ascii")
        told = {"authorization": proof, "content-type": "application/pkcs10", **headers}
        return await self.ask("POST", path, body, **{name.replace("_", "-"): v for name, v in told.items()})

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        caller = Caller(HOME, "192.0.2.7", tls_facts())
        return await self.pages.answer(RequestHead(method, path, headers), body, caller)


def pages_of(
    world: RenewalWorld,
    door: MadeDoor,
    store: Any = None,
    owned: bool = True,
    feed: Any = None,
    patience: float = 0.02,
) -> EnrolmentPages:
    behind = door.door
    applicants = Applicants(
        door.registry, door.rules, behind.passwords, door.guessing, ("x",), behind.reader, door.clock
    )
    terms = DeskTerms(patience=patience)
    feed = feed or world.store.feed
    parts = DeskParts(store or world.store, feed, RULES, world.clock, world.entropy, terms)
    return EnrolmentPages(applicants, EnrolmentDesk(parts), lambda: ABOVE, lambda _group: owned)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_store(tmp_path) as store:
        world = RenewalWorld(store)
        await world.register()
        door = MadeDoor(world.clock)
        keys = PasswordKeys(DIGEST_KEY, Secret(b"h" * 32), FOR_TESTS)
        proof = password_proof(keys, CP001, RIGHT, machine_made=True)
        door.registry.put_station(StationEntry(station(), (password_credential(proof=proof),)))
        yield Desk(world, door, pages_of(world, door))
        door.close()


async def test_the_authorities_are_for_anybody(desk: Desk) -> None:
    told = await desk.ask("GET", "/.well-known/est/cacerts")

    read = load_der_pkcs7_certificates(b64decode(told.body, validate=True))
    assert {one.public_bytes(Encoding.DER) for one in read} == set(ABOVE)
    assert told.headers["Content-Type"] == "application/pkcs7-mime; smime-type=certs-only"


async def test_what_a_request_may_have_is_for_anybody(desk: Desk) -> None:
    told = await desk.ask("GET", "/.well-known/est/csrattrs")

    assert (told.status, told.headers["Content-Type"]) == (200, "application/csrattrs")
    assert b64decode(told.body, validate=True)


async def test_a_request_is_taken_and_its_certificate_is_handed_out_later(desk: Desk) -> None:
    first = await desk.post()
    assert (first.status, first.headers["Retry-After"], dict(first.told)) == (202, "20", {"subject": "CP001"})

    await desk.world.work()
    then = await desk.post()

    assert then.status == 200
    (leaf,) = load_der_pkcs7_certificates(b64decode(then.body, validate=True))
    assert leaf.issuer == desk.world.authority.ca.certificate.subject


class FeedOfARevocation:
    """While somebody waits the worker does its work, and what the station came with is taken back."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def moved(self, _seconds: float) -> None:
        await self._desk.world.work()
        entry = self._desk.door.registry.entry(CP001)
        assert entry is not None
        retired = tuple(replace(one, state=CredentialState.RETIRED) for one in entry.credentials)
        self._desk.door.registry.put_station(replace(entry, credentials=retired))


async def test_who_is_denied_while_waiting_is_handed_no_certificate(desk: Desk) -> None:
    waiting = replace(
        desk, pages=pages_of(desk.world, desk.door, feed=FeedOfARevocation(desk), patience=10.0)
    )

    assert (await waiting.post()).status == 401
    told = [event.kind for event in await journalled(desk.world.store)]
    assert "certificate_issued" in told
    assert "certificate_fetched" not in told


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/.well-known/est/serverkeygen", 404),
        ("GET", "/.well-known/est/a/b/cacerts", 404),
        ("GET", "/.well-known/est/../cacerts", 404),
        ("POST", "/.well-known/est/cacerts", 405),
        ("GET", ENROLL, 405),
        ("POST", "/.well-known/est/simplereenroll", 401),
        ("POST", ENROLL, 401),
    ],
)
async def test_what_is_not_for_this_caller_is_answered_in_the_standards_numbers(
    desk: Desk, method: str, path: str, status: int
) -> None:
    assert (await desk.ask(method, path)).status == status


async def test_nobody_learns_why_they_were_refused(desk: Desk) -> None:
    replies = [
        await desk.post(user="CP001", authorization="Basic Q1AwMDE6Z3Vlc3NlZA=="),
        await desk.post(user="CP404"),
        await desk.post("/.well-known/est/acme/simpleenroll"),
    ]

    assert len({(each.status, each.body, tuple(each.headers.items())) for each in replies}) == 1
    assert all(each.delay >= 0.5 for each in replies)
    assert [each.told["control"] for each in replies] == ["AUTH-02", "ID-02", "ID-02"]


async def test_who_is_believed_is_told_what_is_wrong(desk: Desk) -> None:
    assert (await desk.post(content_type="text/plain")).status == 415
    unfit = await desk.post(body=b64encode(station_csr(common_name="SN-CP002")))
    assert (unfit.status, b"which is not this station" in unfit.body) == (400, True)


async def test_where_the_csms_sees_to_certificates_nobody_enrols(desk: Desk) -> None:
    desk.pages = pages_of(desk.world, desk.door, owned=False)

    assert (await desk.post()).status == 403


async def test_a_store_that_is_away_is_no_refusal(desk: Desk) -> None:
    desk.pages = pages_of(desk.world, desk.door, AwayStore())

    reply = await desk.post()

    assert (reply.status, reply.headers["Retry-After"]) == (503, "30")

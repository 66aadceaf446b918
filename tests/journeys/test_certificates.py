"""Stations that prove themselves with a certificate: which ones are good, whose they are, how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509

from tests.fakes.certificates import (
    CLIENT_AUTH,
    SERVER_AUTH,
    Authority,
    Issued,
    Validity,
    self_signed,
    signature_twin,
)
from tests.journeys.deployment import (
    BITES_SECONDS,
    OPERATOR,
    Part,
    Template,
    Wanted,
    World,
    certificate_login,
    eventually,
    world_of,
)
from tests.journeys.player import playing
from voltward.bootstrap.deployment import Deployment
from voltward.domain.authority import Binding, BindingRule, TrustedFor
from voltward.domain.secret import Secret
from voltward.simulator.dial import PasswordLogin, TlsVersion
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT
from voltward.simulator.link import Connected, words
from voltward.usecases.trust.trust_authority import TrustOrder, trust_authority

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

WRONG = PasswordLogin(Secret(b"wrong-password-000000000"))
BY_IDENTITY = Authority.create("Issues to identities")
BY_PATTERN = Authority.create("Issues to patterns")
PARTNERS = Authority.create("Issues for a partner")
IN_THE_MAKERS_NAME = Authority.create("Old Works")
PINNED = self_signed("whatever-it-says", "Whoever Ltd")
WANTED = (
    Wanted("ONE", 3, "SN1"),
    Wanted("TEN", 3, "SN10"),
    Wanted("NAMED", 3, "SN-NAMED"),
    Wanted("PATTERN", 3, "4711"),
    Wanted("PARTNER", 3, "SN-PARTNER"),
    Wanted("TWIN-A", 3, "SN-TWIN"),
    Wanted("TWIN-B", 3, "SN-TWIN-B"),
    Wanted("FACTORY", 3, "SN-FACTORY"),
    Wanted("FACTORY-16", 3, "SN-FACTORY-16"),
    Wanted("PINNED", 3, pinned=PINNED.der),
)


async def trust_more(deployment: Deployment) -> None:
    """Authorities with rules of their own (ruling 7)."""
    orders = (
        TrustOrder(BY_IDENTITY.der, TrustedFor.STATIONS, Binding(BindingRule.IDENTITY_IN_COMMON_NAME)),
        TrustOrder(
            BY_PATTERN.der, TrustedFor.STATIONS, Binding(BindingRule.PATTERN, r"EV-(?P<serial>[0-9]+)")
        ),
        TrustOrder(PARTNERS.der, TrustedFor.STATIONS, Binding(), ("Partner GmbH",)),
    )
    for order in orders:
        await trust_authority(deployment.store, order, "journeys", deployment.clock)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("certificates")
    async with world_of(template, folder, wanted=WANTED, prepare=trust_more) as world:
        yield world


def showing(part: Part, issued: Issued) -> Part:
    return replace(part, issued=issued)


# -- good ones --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [TlsVersion.TLS_1_2, TlsVersion.TLS_1_3])
@pytest.mark.parametrize("key", ["ec", "rsa"])
async def test_a_good_certificate_opens_and_is_pinned_to_its_station(
    world: World, key: str, version: TlsVersion
) -> None:
    part = world.take(3)
    part = world.certified(part, key=key)
    assert part.issued is not None
    endpoint = world.endpoint(3, minimum=version, maximum=version)
    async with playing(world.dial(part, endpoint=endpoint)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
        event = await world.gateway.event("station_admitted", subject=part.identity)
        await world.row("certificate_pinned", part.identity)
        await world.row("credential_proven", part.identity)
    shown = await world.command("station", "show", part.identity)

    assert event["tls"] == version.value
    assert event["certificate"] == part.issued.fingerprint.hex()
    credential = shown["credentials"][-1]
    assert credential["fingerprint"] == part.issued.fingerprint.hex()
    assert (credential["state"], credential["common_name"]) == ("active", part.serial)
    assert credential["proven_at"] is not None


@pytest.mark.parametrize("usages", [(), (CLIENT_AUTH,), (SERVER_AUTH,)], ids=["none", "client", "server"])
async def test_no_extended_key_usage_is_asked_for_or_minded(world: World, usages: tuple[object, ...]) -> None:
    part = world.take(3)
    issued = world.authorities.stations.issue(part.serial, OPERATOR, extensions=usages)  # type: ignore[arg-type]
    async with playing(world.dial(showing(part, issued))) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT


# -- bad ones ---------------------------------------------------------------------------------------------

Make = Callable[[World, Part], Issued]
AUTHORITY = Authority.create("Its own authority")


def _stations(world: World) -> Authority:
    return world.authorities.stations


BAD: dict[str, tuple[str, Make]] = {
    "expired": (
        "CERT-03",
        lambda w, p: _stations(w).issue(p.serial, OPERATOR, validity=Validity.days(-9, -1)),
    ),
    "not yet valid": (
        "CERT-03",
        lambda w, p: _stations(w).issue(p.serial, OPERATOR, validity=Validity.days(1, 9)),
    ),
    "self-signed": ("CERT-02", lambda _, p: self_signed(p.serial, OPERATOR)),
    "unknown authority": ("CERT-02", lambda w, p: w.authorities.stranger.issue(p.serial, OPERATOR)),
    "an impostor of the authority": (
        "CERT-02",
        lambda _, p: Authority.create("Corporate stations").issue(p.serial, OPERATOR),
    ),
    "no intermediate": (
        "CERT-02",
        lambda w, p: replace(_stations(w).issue(p.serial, OPERATOR), intermediates=()),
    ),
    "another station's": ("CERT-05", lambda w, _: _stations(w).issue("SN-P3-0", OPERATOR)),
    "no name": ("CERT-05", lambda w, _: _stations(w).issue(None, OPERATOR)),
    "wrong organisation": ("CERT-06", lambda w, p: _stations(w).issue(p.serial, "Another CPO")),
    "part of the organisation": ("CERT-06", lambda w, p: _stations(w).issue(p.serial, "Not Example CPO")),
    "no organisation": ("CERT-06", lambda w, p: _stations(w).issue(p.serial)),
    "an authority": ("CERT-07", lambda w, p: _stations(w).issue(p.serial, OPERATOR, is_ca=True)),
    "RSA 1024": ("CERT-08", lambda w, p: _stations(w).issue(p.serial, OPERATOR, key="rsa1024")),
    "SHA-1": (
        "CERT-09",
        lambda w, p: w.authorities.stations_rsa.issue(p.serial, OPERATOR, sha1=True),
    ),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_certificate_is_refused_with_its_reason_and_its_fingerprint(
    world: World, kind: str
) -> None:
    control, make = BAD[kind]
    part = world.take(3)
    issued = make(world, part)
    mark = world.gateway.mark
    lenient = world.endpoint(3, ciphers="DEFAULT:@SECLEVEL=0")  # the client's own library would not show it
    await world.is_refused(showing(part, issued), control, endpoint=lenient)
    event = await world.gateway.event("station_refused", since=mark, subject=part.identity)
    assert event["certificate"] == issued.fingerprint.hex()


async def test_a_missing_certificate_is_refused_whatever_password_comes(world: World) -> None:
    part = world.take(3)
    await world.is_refused(part, "AUTH-01", login=None)
    await world.is_refused(part, "PROF-01", login=WRONG)


# -- whose it is ------------------------------------------------------------------------------------------


async def test_a_serial_is_compared_whole(world: World) -> None:
    one, ten = world.parts["ONE"], world.parts["TEN"]
    issue = world.authorities.stations.issue
    await world.is_refused(showing(one, issue("SN10", OPERATOR)), "CERT-05")
    await world.is_refused(showing(ten, issue("SN1", OPERATOR)), "CERT-05")
    await world.is_refused(showing(one, issue("sn1", OPERATOR)), "CERT-05")
    await world.is_refused(showing(one, issue("SN1 ", OPERATOR)), "CERT-05")
    async with playing(world.dial(showing(ten, issue("SN10", OPERATOR)))) as player:
        assert (await player.boot("SN10")).kind == CALL_RESULT


async def test_an_authority_may_issue_to_identities(world: World) -> None:
    part = world.parts["NAMED"]
    await world.is_refused(showing(part, BY_IDENTITY.issue("SN-NAMED", OPERATOR)), "CERT-05")
    async with playing(world.dial(showing(part, BY_IDENTITY.issue("NAMED", OPERATOR)))) as player:
        assert (await player.boot("SN-NAMED")).kind == CALL_RESULT


async def test_an_authority_may_issue_by_a_pattern(world: World) -> None:
    part = world.parts["PATTERN"]
    for name in ("EV-47110", "XEV-4711", "EV-4711-2", "4711"):
        await world.is_refused(showing(part, BY_PATTERN.issue(name, OPERATOR)), "CERT-05")
    async with playing(world.dial(showing(part, BY_PATTERN.issue("EV-4711", OPERATOR)))) as player:
        assert (await player.boot("4711")).kind == CALL_RESULT


async def test_an_organisation_listed_for_its_authority_is_good(world: World) -> None:
    part = world.parts["PARTNER"]
    await world.is_refused(
        showing(part, world.authorities.stations.issue(part.serial, "Partner GmbH")), "CERT-06"
    )
    async with playing(world.dial(showing(part, PARTNERS.issue(part.serial, "Partner GmbH")))) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT


async def test_a_pin_binds_and_replaces_no_path(world: World) -> None:
    part = world.parts["PINNED"]
    # The pin says whose it is; that an authority vouches for it stays another question (CERT-02).
    await world.is_refused(showing(part, PINNED), "CERT-02")


async def test_a_pinned_certificate_opens_whatever_its_name_says(world: World, tmp_path: Path) -> None:
    issued = world.authorities.stations.issue("odd name", OPERATOR)
    file = tmp_path / "odd.pem"
    file.write_bytes(issued.chain_pem)
    added = await world.command("station", "add", "PIN-2", "--profile", "3", "--certificate", str(file))
    await asyncio.sleep(BITES_SECONDS)
    part = Part("PIN-2", 3, "", issued=issued)
    async with playing(world.dial(part)) as player:
        assert (await player.boot("anything")).kind == CALL_RESULT
    other = world.authorities.stations.issue("odd name", OPERATOR)
    await world.is_refused(showing(part, other), "CERT-05")
    assert added["profile"] == 3
    assert "password" not in added


async def test_one_certificate_never_opens_for_two_stations(world: World, tmp_path: Path) -> None:
    one, two = world.parts["TWIN-A"], world.parts["TWIN-B"]
    shared = BY_IDENTITY.issue("TWIN-A", OPERATOR)
    async with playing(world.dial(showing(one, shared))) as player:
        await player.boot("SN-TWIN")
        await world.row("certificate_pinned", "TWIN-A")
    await asyncio.sleep(BITES_SECONDS)

    mark = world.gateway.mark
    await world.is_refused(showing(two, shared), "CERT-05")
    event = await world.gateway.event("station_refused", since=mark, subject="TWIN-B")
    assert "CERT-10" in event["failed"]
    file = tmp_path / "shared.pem"
    file.write_bytes(shared.chain_pem)
    order = ("station", "add", "TWIN-C", "--profile", "3", "--certificate", str(file))
    await world.command(*order, status=2)


# -- revocation -------------------------------------------------------------------------------------------


async def test_a_revoked_certificate_closes_its_live_link_within_a_second_and_is_refused(
    world: World,
) -> None:
    part = world.take(3)
    async with playing(world.dial(part)) as player:
        await player.boot(part.serial)
        await world.row("certificate_pinned", part.identity)
        told = await world.command(
            "cert", "revoke", "--station", part.identity, "--reason", "the board was stolen"
        )
        ordered = (await world.row("certificate_revoked", part.identity)).at
        closing = await player.closed()
        revoked = await world.gateway.event("link_revoked", subject=part.identity)
    acted = (await world.row("link_revoked", part.identity)).at

    assert part.issued is not None
    assert told[0]["fingerprint"] == part.issued.fingerprint.hex()
    assert closing.code == 4003
    assert revoked["control"] == "CERT-04"
    assert (acted - ordered).total_seconds() < BITES_SECONDS
    await world.is_refused(part, "CERT-04")
    # The thief's certificate with the other form of its signature verifies as well, and is denied as well.
    twin = x509.load_der_x509_certificate(signature_twin(part.issued.der))
    await world.is_refused(showing(part, replace(part.issued, certificate=twin)), "CERT-04")
    explained = await world.command("station", "explain", part.identity)
    assert explained["control"] == "CERT-04"
    assert "new key" in explained["advice"]


async def test_a_certificate_can_be_revoked_before_it_ever_came(world: World, tmp_path: Path) -> None:
    part = world.take(3)
    assert part.issued is not None
    file = tmp_path / "stolen.pem"
    file.write_bytes(part.issued.certificate_pem)
    await world.command("cert", "revoke", "--file", str(file), "--reason", "stolen in the post")
    await asyncio.sleep(BITES_SECONDS)
    await world.is_refused(part, "CERT-04")
    async with playing(world.dial(world.certified(part))) as player:  # its next one is good
        assert (await player.boot(part.serial)).kind == CALL_RESULT


async def test_links_that_stand_on_a_distrusted_authority_are_closed(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("distrust")) as world:
        part, bystander = world.take(3), world.take(2)
        shown = await world.command("ca", "show")
        identifier = next(a["id"] for a in shown["authorities"] if "Corporate root" in a["name"])
        async with playing(world.dial(part)) as player, playing(world.dial(bystander)) as other:
            await player.boot(part.serial)
            await world.command("ca", "distrust", identifier)
            assert (await player.closed()).code == 4003
            assert (await other.call("Heartbeat")).kind == CALL_RESULT
        await world.is_refused(part, "CERT-02")


# -- the manufacturer's ones ------------------------------------------------------------------------------


@pytest.mark.parametrize(("identity", "dialect"), [("FACTORY", "ocpp2.0.1"), ("FACTORY-16", "ocpp1.6")])
async def test_a_factory_certificate_opens_the_unproven_lane_alone(
    world: World, identity: str, dialect: str
) -> None:
    part = world.parts[identity]
    part = showing(part, world.authorities.manufacturer.issue(part.serial, "Station Works"))
    async with playing(world.dial(part, dialect)) as player:
        event = await world.gateway.event("station_quarantined", subject=identity)
        early = await player.call("Heartbeat")
        early_event = await player.call("SecurityEventNotification", tampered())
        booted = await player.boot(part.serial)
        reported = await player.call("SecurityEventNotification", tampered())
        business = await player.call("StatusNotification", {})
        rows = await eventually(lambda: world.journal("security_event_reported", subject=identity))

    assert (event["control"], event["lane"]) == ("CERT-11", "unproven")
    for refused in (early, early_event, business):
        assert (refused.kind, refused.error) == (CALL_ERROR, "SecurityError")
    assert (booted.payload or {})["status"] == "Pending"
    assert (booted.payload or {})["interval"] == 30
    assert (reported.kind, reported.payload) == (CALL_RESULT, {})
    assert [row.facts["type"] for row in rows] == ["TamperDetectionActivated"]
    assert world.connections_of(identity) == 0  # the CSMS heard nothing at all


def tampered() -> dict[str, object]:
    return {"type": "TamperDetectionActivated", "timestamp": "2026-11-20T12:00:00Z"}


@pytest.mark.parametrize("maker", ["trusted", "unknown"])
async def test_a_password_station_that_shows_a_factory_certificate_is_let_in_by_its_password(
    world: World, maker: str
) -> None:
    part = world.take(2)
    authority = world.authorities.manufacturer if maker == "trusted" else IN_THE_MAKERS_NAME
    issued = authority.issue(part.serial, "Station Works")
    header = part.login("ocpp2.0.1")
    assert isinstance(header, PasswordLogin)
    dial = world.dial(part, login=certificate_login(issued), headers=(header.header(part.identity),))
    async with playing(dial) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
    event = await world.gateway.event("station_admitted", subject=part.identity)
    assert (event["profile"], event["credential"]) == (2, "password (text)")
    assert event["certificate"] == issued.fingerprint.hex()  # it is on record
    assert world.csms.stations[part.identity].header("X-Voltward-Fingerprint") is None


async def test_a_certificate_station_is_not_let_in_by_a_basic_header(world: World) -> None:
    part = world.take(3)
    await world.is_refused(part, "PROF-01", login=PasswordLogin(Secret(b"any-password-will-do-for-this")))
    outcome = await world.knock(part)
    assert isinstance(outcome, Connected), words(outcome)
    await outcome.link.close()

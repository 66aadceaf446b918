"""Independent peers (npm `ocpp-rpc`) through the gateway over real TLS: as station, as CSMS, and both at once."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.journeys.deployment import OPERATOR, Part, Template, Wanted, World, world_of
from tests.journeys.peers.node_peer import NodePeer, node_peer
from tests.journeys.peers.own_key import new_own_key
from voltward.simulator.dial import PasswordLogin

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

NOW = "2026-11-22T10:00:00.000Z"
SERIAL = "SN-NPM"
OCTETS = bytes(range(240, 256)) + b":\x00\xff\x80"  # twenty octets that are no text, a colon among them
DAY: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "ocpp1.6": [
        ("BootNotification", {"chargePointVendor": "Peer", "chargePointModel": "npm", "chargePointSerialNumber": SERIAL}),
        ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": NOW}),
        ("Heartbeat", {}),
        ("StartTransaction", {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": NOW}),
        ("MeterValues", {"connectorId": 1, "transactionId": 4711, "meterValue": [{"timestamp": NOW, "sampledValue": [{"value": "9"}]}]}),
        ("StopTransaction", {"meterStop": 9, "timestamp": NOW, "transactionId": 4711}),
    ],
    "ocpp2.0.1": [
        ("BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "npm", "vendorName": "Peer", "serialNumber": SERIAL}}),
        ("StatusNotification", {"timestamp": NOW, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}),
        ("Heartbeat", {}),
        ("TransactionEvent", {"eventType": "Started", "timestamp": NOW, "triggerReason": "Authorized", "seqNo": 0, "transactionInfo": {"transactionId": "t"}}),
        ("TransactionEvent", {"eventType": "Ended", "timestamp": NOW, "triggerReason": "StopAuthorized", "seqNo": 1, "transactionInfo": {"transactionId": "t"}}),
    ],
}  # fmt: skip
ASKED: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "ocpp1.6": [
        ("RemoteStartTransaction", {"idTag": "TAG", "connectorId": 1}),
        ("GetConfiguration", {"key": ["HeartbeatInterval"]}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
        ("Reset", {"type": "Soft"}),
    ],
    "ocpp2.0.1": [
        ("RequestStartTransaction", {"idToken": {"idToken": "TAG", "type": "Central"}, "remoteStartId": 1}),
        ("GetVariables", {"getVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]}),
        ("Reset", {"type": "OnIdle"}),
    ],
}  # fmt: skip
TRIGGERS = {"ocpp1.6": "ExtendedTriggerMessage", "ocpp2.0.1": "TriggerMessage"}
PEERS = (
    Wanted("NPM-1", 1, "SN-NPM-1"),
    Wanted("NPM-2", 2, "SN-NPM-2"),
    Wanted("NPM-3", 3, SERIAL),
    Wanted("NPM-OCTETS", 2, "SN-NPM-OCTETS", password=OCTETS),
)
# Both runtimes check each message against their own copy of the schemas; the gateway does it with its own.
STRICT = '[group.default]\nschema = "refuse"'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def csms() -> AsyncIterator[NodePeer]:
    async with node_peer("csms.cjs") as csms:
        yield csms


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    template: Template, tmp_path_factory: pytest.TempPathFactory, csms: NodePeer
) -> AsyncIterator[World]:
    port = (await csms.fact("listening"))["listening"]
    url = f"ws://127.0.0.1:{port}/ocpp"
    folder = tmp_path_factory.mktemp("npm")
    overrides = ["csms.basic=pass"]
    async with world_of(
        template, folder, STRICT, wanted=PEERS, csms_url=url, overrides=overrides, alone=False
    ) as world:
        yield world


@asynccontextmanager
async def station(world: World, part: Part, dialect: str, **changes: Any) -> AsyncIterator[NodePeer]:
    """A station that has dialled; `open` or `refused` is its first fact."""
    secure = part.profile > 1
    port = world.gateway.tls_port if secure else world.gateway.plain_port
    options: dict[str, Any] = {
        "endpoint": f"{'wss://localhost' if secure else 'ws://127.0.0.1'}:{port}/ocpp",
        "identity": part.identity,
        "protocol": dialect,
        "ca": world.roots_pem if secure else None,
    }
    if part.issued is not None:
        options |= {"cert": part.issued.chain_pem.decode(), "key": part.issued.key_pem.decode()}
    elif part.password is not None:
        options["password"] = presented(part, dialect)
    async with node_peer("station.cjs") as peer:
        peer.tell({**options, **changes})
        yield peer


def presented(part: Part, dialect: str) -> str:
    """The octets behind the identity in its Basic header, in base64."""
    login = part.login(dialect)
    assert isinstance(login, PasswordLogin)
    _, header = login.header(part.identity)
    octets = base64.b64decode(header.removeprefix("Basic "))
    return base64.b64encode(octets.removeprefix(f"{part.identity}:".encode())).decode()


@pytest.mark.parametrize("dialect", list(DAY))
@pytest.mark.parametrize("profile", [1, 2, 3])
async def test_an_npm_station_has_its_day_with_an_npm_csms(
    world: World, csms: NodePeer, dialect: str, profile: int
) -> None:
    part = world.parts[f"NPM-{profile}"]
    part = world.certified(part) if profile == 3 else part
    before = len(csms.facts)
    async with station(world, part, dialect) as peer:
        assert (await peer.fact("open"))["open"] == dialect
        client = await csms.fact("client", part.identity, since=before)
        said = [await peer.ask(method=method, params=params) for method, params in DAY[dialect]]
        asked = [
            await csms.ask(identity=part.identity, method=method, params=params)
            for method, params in ASKED[dialect]
        ]
        heard = [(fact["asked"], fact["params"]) for fact in peer.facts if "asked" in fact]
    told = [(fact["told"], fact["params"]) for fact in csms.facts[before:] if "told" in fact]

    assert said[0]["status"] == "Accepted"
    assert told == DAY[dialect]
    assert heard == ASKED[dialect]
    assert all(asked)
    assert client["headers"]["x-voltward-station"] == part.identity
    assert client["headers"]["x-voltward-profile"] == str(profile)
    await csms.fact("gone", part.identity, since=before)
    assert not list(world.gateway.seen("schema_violated", subject=part.identity))


async def test_npm_stations_come_in_with_the_certificates_that_we_issued_for_them(
    world: World, csms: NodePeer, tmp_path: Path
) -> None:
    async with asyncio.TaskGroup() as group:  # at once: most of it is waiting
        for dialect in TRIGGERS:
            group.create_task(gets_its_next_certificate(world, csms, dialect, tmp_path))


async def gets_its_next_certificate(world: World, csms: NodePeer, dialect: str, folder: Path) -> None:
    part = world.certified(world.take(3))
    own = await new_own_key(folder, part.serial, OPERATOR, "ec")
    async with station(world, part, dialect) as peer:
        await peer.fact("open")
        await world.command("cert", "renew", part.identity)
        await peer.fact("asked", TRIGGERS[dialect])
        answer = await peer.ask(method="SignCertificate", params={"csr": own.request_pem})
        signed = (await peer.fact("asked", "CertificateSigned"))["params"]
    async with station(world, part, dialect, cert=signed["certificateChain"], key=own.key_pem) as peer:
        assert (await peer.fact("open"))["open"] == dialect
        await peer.ask(method="Heartbeat", params={})
        await world.row("certificate_renewed", part.identity)

    assert answer == {"status": "Accepted"}
    (listed,) = await world.command("cert", "list", "--station", part.identity)
    assert (listed["used"], listed["renewal"]) == (True, None)
    # Its CSMS heard nothing of all this.
    assert [
        fact["told"] for fact in csms.facts if fact.get("identity") == part.identity and "told" in fact
    ] == ["Heartbeat"]


async def test_a_password_of_any_octets_reaches_the_csms_behind_as_it_is(
    world: World, csms: NodePeer
) -> None:
    before = len(csms.facts)
    part = world.parts["NPM-OCTETS"]
    async with station(world, part, "ocpp1.6") as peer:
        await peer.fact("open")
        client = await csms.fact("client", part.identity, since=before)

    assert base64.b64decode(client["password"]) == OCTETS


async def test_a_wrong_password_and_a_wrong_certificate_stay_outside(world: World, csms: NodePeer) -> None:
    before = len(csms.facts)
    wrong = base64.b64encode(OCTETS[::-1]).decode()
    async with station(world, world.parts["NPM-OCTETS"], "ocpp1.6", password=wrong) as peer:
        assert (await peer.fact("refused"))["refused"] == "Unauthorized"
    other = world.certified(world.take(3))
    assert other.issued is not None
    stolen = {"cert": other.issued.chain_pem.decode(), "key": other.issued.key_pem.decode()}
    async with station(world, world.parts["NPM-3"], "ocpp2.0.1", **stolen) as peer:
        assert (await peer.fact("refused"))["refused"] == "Unauthorized"

    assert not [fact for fact in csms.facts[before:] if "client" in fact]


async def test_what_breaks_the_schema_is_refused_in_words_that_the_peer_reads(
    world: World, csms: NodePeer
) -> None:
    before = len(csms.facts)
    part = world.parts["NPM-2"]
    async with station(world, part, "ocpp2.0.1", strict=False) as peer:
        await peer.fact("open")
        await csms.fact("client", part.identity, since=before)
        answer = await peer.answer(method="DataTransfer", params={"vendorId": "v" * 256})
        violation = await world.gateway.event("schema_violated", subject=part.identity)

    assert answer["error"]["code"] == "PropertyConstraintViolation"
    assert (violation["rule"], violation["place"], violation["refused"]) == ("maxLength", "vendorId", True)
    assert not [fact for fact in csms.facts[before:] if "told" in fact]

"""A station whose keys lie in a PKCS #11 token: it asks with them, and makes TLS with them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fakes.tokens import LABEL, SoftToken, soft_token
from tests.journeys.peers.material import demanding_server, tls_endpoint
from voltward.adapters.system_clock import SystemClock
from voltward.domain.errors import OutsideFault
from voltward.simulator.certificates import KeyKind, SimulatedAuthority, Subject, Validity
from voltward.simulator.csms.csms import SmallCsms, small_csms
from voltward.simulator.csms.csms_office import CertificateOffice
from voltward.simulator.dial import Dial, Endpoint, TlsOptions, TlsVersion, TokenLogin
from voltward.simulator.link import Connected, Outcome, ServerDistrusted, words
from voltward.simulator.live_station import LiveStation
from voltward.simulator.memory.memory_file import MemoryFile
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.memory.uses import AnchorUse
from voltward.simulator.signing_request import Applicant, apply
from voltward.simulator.station import StationModel
from voltward.simulator.token_keys import TokenKeys
from voltward.simulator.token_link import open_token_link
from voltward.simulator.token_place import KeyInToken

pytestmark = pytest.mark.journey

CLOCK = SystemClock()
NOW = CLOCK.now()
CURRENT = Validity.current(NOW)
ROOT = SimulatedAuthority.create("Operator root", NOW)
STATIONS = ROOT.subordinate("Stations", NOW)
OTHER = SimulatedAuthority.create("Another root", NOW)
SECONDS = 20.0


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    with soft_token(tmp_path_factory.mktemp("token")) as made:
        yield made


@pytest.fixture(scope="module")
def keys(token: SoftToken) -> TokenKeys:
    return TokenKeys(token.module, LABEL, token.pin_file)


def leaf(chain: str) -> bytes:
    return x509.load_pem_x509_certificates(chain.encode())[0].public_bytes(Encoding.DER)


def dial(csms: SmallCsms) -> Dial:
    first = STATIONS.issue(Subject("SN-1", "Operator"), CURRENT)
    endpoint = Endpoint("127.0.0.1", csms.port, tls=TlsOptions(ca_pem=ROOT.root_pem.decode()))
    return Dial(endpoint, "CP-1", first.login, ("ocpp2.1",))


async def until(csms: SmallCsms, chain: str) -> None:
    async with asyncio.timeout(SECONDS):
        while "CP-1" not in csms.connected or csms.stations["CP-1"].certificate != leaf(chain):  # noqa: ASYNC110 -- as the CSMS sees it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", list(KeyKind))
async def test_a_station_asks_and_comes_back_with_a_key_that_never_leaves_its_token(
    keys: TokenKeys, kind: KeyKind, tmp_path: Path
) -> None:
    identity = ROOT.issue(Subject("localhost", "Operator"), CURRENT, hosts=["localhost"]).login
    file = MemoryFile.of(tmp_path, "CP-1", keys.find)
    memory = StationMemory(key_kind=kind, make_key=keys.make)
    async with small_csms(CLOCK, tls=identity, client_ca_pem=ROOT.root_pem.decode()) as csms:
        office = CertificateOffice(csms, STATIONS, CLOCK)
        live = LiveStation(StationModel("CP-1", "ocpp2.1", "SN-1", memory=memory), CLOCK, file.write)
        where = dial(csms)
        async with asyncio.TaskGroup() as group:
            life = group.create_task(live.live(where, pause=0.1))
            async with asyncio.timeout(SECONDS):
                while "CP-1" not in csms.connected:  # noqa: ASYNC110 -- as the CSMS sees it
                    await asyncio.sleep(0.01)
            answer, chain = await office.renew("CP-1")
            await until(csms, chain)
            trusted = await office.installed("CP-1", AnchorUse.CSMS)
            life.cancel()

        # A later life finds the key by its name in the file.
        later = LiveStation(StationModel("CP-1", "ocpp2.1", "SN-1", memory=file.read()), CLOCK)
        again = await later.connect(where)
        await later.leave()

    assert (answer, len(trusted)) == ("Accepted", 1)
    assert isinstance(again, Connected), words(again)
    assert csms.stations["CP-1"].certificate == leaf(chain)
    held = live.model.memory.keys.in_use
    assert held is not None
    assert isinstance(held.issued.key, KeyInToken)
    assert isinstance(held.login, TokenLogin)
    assert "PRIVATE KEY" not in file.path.read_text()
    with pytest.raises(UnsupportedAlgorithm, match="in its token, and nothing else"):
        held.issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


async def test_the_ways_in_which_such_a_link_ends_are_told_apart(keys: TokenKeys) -> None:
    identity = ROOT.issue(Subject("localhost", "Operator"), CURRENT, hosts=["localhost"]).login
    key = keys.make(KeyKind.EC)
    assert isinstance(key, KeyInToken)
    request = apply(Applicant("SN-1", "Operator"), key).pem
    good = TokenLogin(STATIONS.certify(request, CURRENT).encode(), key.place)
    async with small_csms(CLOCK, tls=identity, client_ca_pem=ROOT.root_pem.decode()) as csms:
        where = replace(dial(csms), login=good)
        tls = where.endpoint.tls
        assert tls is not None

        async def outcome(login: TokenLogin = good, **options: Any) -> Outcome:
            endpoint = replace(where.endpoint, tls=replace(tls, **options))
            ended = await open_token_link(replace(where, login=login, endpoint=endpoint), seconds=SECONDS)
            if isinstance(ended, Connected):
                await ended.link.close()
            return ended

        strange = await outcome(ca_pem=OTHER.root_pem.decode())
        named = await outcome(server_name="csms.example")
        early = await outcome(at=NOW - timedelta(days=30))
        careless = await outcome(ca_pem=OTHER.root_pem.decode(), verify=False)
        lost = await outcome(replace(good, place=replace(key.place, key="another")))
        csms.conduct.refuse_with = HTTPStatus.FORBIDDEN
        forbidden = await outcome()

    async with demanding_server() as port:
        stranger = TokenLogin(OTHER.certify(request, CURRENT).encode(), key.place)
        endpoint = replace(
            tls_endpoint(port), tls=replace(tls_endpoint(port).tls or tls, maximum=TlsVersion.TLS_1_2)
        )
        refused = await open_token_link(replace(where, login=stranger, endpoint=endpoint), seconds=SECONDS)

    assert (words(refused), words(forbidden)) == ("TLS alert unknown_ca", "HTTP 403")
    for distrusted, reason in (
        (strange, "self-signed"),
        (named, "hostname mismatch"),
        (early, "not yet valid"),
    ):
        assert isinstance(distrusted, ServerDistrusted), words(distrusted)
        assert reason in distrusted.reason.casefold()
    assert isinstance(careless, Connected), words(careless)
    assert words(lost) == "openssl cannot use the key in the token"


def test_a_token_that_is_not_there_is_named(token: SoftToken, tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match="cannot be opened"):
        TokenKeys(token.module, "another token", token.pin_file)
    with pytest.raises(OutsideFault, match="cannot be opened"):
        TokenKeys(tmp_path / "no-such-library.so", LABEL, token.pin_file)
    with pytest.raises(OutsideFault, match="cannot be opened"):
        TokenKeys(token.module, LABEL, tmp_path / "no-such-file")


def test_a_key_that_the_token_has_not_is_named(keys: TokenKeys) -> None:
    with pytest.raises(OutsideFault, match="no such key"):
        keys.find("another key")

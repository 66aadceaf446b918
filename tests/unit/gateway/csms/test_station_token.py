from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes.arrivals import MadeDoor, arrival
from tests.fakes.builders import password_credential, station
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.links import LEAF, Hall
from voltward.crypto.tokens.station_tokens import TokenSigner
from voltward.domain.secret import Secret
from voltward.domain.station import Lane, StationId
from voltward.gateway.csms.station_token import StationToken
from voltward.gateway.door.judging import Judgement
from voltward.usecases.admission.admission_registry import StationEntry

TOKEN = StationToken(TokenSigner(Secret(b"s" * 32)), "X-Voltward-Token", "acme", 60.0)


@pytest.fixture(scope="module")
def by_certificate() -> Judgement:
    return asyncio.run(Hall().judge())


def test_what_was_verified_is_sworn(by_certificate: Judgement) -> None:
    assert TOKEN.claims(by_certificate, NOON, "j1") == {
        "iss": "voltward",
        "aud": "acme",
        "sub": "CP001",
        "tenant": "default",
        "profile": 3,
        "credential": "certificate",
        "fingerprint": LEAF.fingerprint.hex(),
        "serial": "SN-CP001",
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 60,
        "jti": "j1",
    }


def test_where_a_password_opened_no_certificate_is_sworn_to() -> None:
    made = MadeDoor(FakeClock(NOON))
    try:
        key = StationId("CP001", "north")
        record = replace(station(tenant="north", serial=None), id=key)
        made.registry.put_station(StationEntry(record, (password_credential(tenant="north"),)))
        judgement = asyncio.run(made.door.judge(arrival(password=b"some password", tenant="north")))
    finally:
        made.close()

    claims = TOKEN.claims(judgement, NOON, "j1")

    assert (claims["sub"], claims["tenant"], claims["credential"]) == ("CP001", "north", "password")
    assert not {"fingerprint", "serial"} & claims.keys()


def test_a_station_in_repair_is_sworn_to_as_one(by_certificate: Judgement) -> None:
    in_repair = replace(by_certificate, decision=replace(by_certificate.decision, lane=Lane.REPAIR))

    assert TOKEN.claims(in_repair, NOON, "j1")["lane"] == "repair"


def test_it_stands_in_its_header_as_a_bearer_token(by_certificate: Judgement) -> None:
    name, value = TOKEN.header_for(by_certificate, NOON, "j1")

    assert name == "X-Voltward-Token"
    scheme, _, token = value.partition(" ")
    assert (scheme, token.count(".")) == ("Bearer", 2)
    assert token.isascii()
    assert len(token) < 1024

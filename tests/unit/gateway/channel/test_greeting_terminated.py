from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.fakes.proxied import (
    PROXIES,
    ROOT,
    STATION,
    STRANGER,
    Came,
    Hall,
    head,
    shake,
)
from tests.fakes.tls_peer import PeerChoice, TlsPeer
from voltward.gateway.channel.forwarded import ForwardedTls

SHOWN = (b"X-SSL-Client-Cert", base64.b64encode(STATION.der))
FROM = (b"X-Real-IP", b"203.0.113.9")


async def test_a_certificate_is_handed_on_by_a_listed_proxy() -> None:
    hall = Hall(announces=False, terminated=True)
    Came(hall).says(head(SHOWN, FROM))

    ((channel, _),) = hall.requests
    assert isinstance(channel.tls, ForwardedTls)
    assert channel.tls.verified_chain == (STATION.der, ROOT.der)
    assert (channel.address, channel.source.prefix, hall.half_open.in_all) == (
        "203.0.113.9",
        "203.0.113.9",
        1,
    )


async def test_nobody_else_may_use_that_listener() -> None:
    hall = Hall(announces=False, terminated=True)
    came = Came(hall, STRANGER)

    assert (hall.reasons, came.transport.is_aborted, hall.requests) == (["not-a-proxy"], True, [])


async def test_a_station_behind_a_proxy_has_places_of_its_own() -> None:
    hall = Hall(announces=False, terminated=True)
    for _ in range(5):
        Came(hall).says(head(FROM))

    assert (len(hall.requests), hall.reasons) == (4, ["too-many-half-open"])


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ((SHOWN, SHOWN, FROM), "request: duplicate-forwarded-header"),
        ((SHOWN,), "request: bad-forwarded-source"),
        (((b"X-SSL-Client-Cert", b"%"), FROM), "request: bad-forwarded-certificate"),
    ],
)
async def test_what_cannot_be_believed_is_refused(
    headers: tuple[tuple[bytes, bytes], ...], reason: str
) -> None:
    hall = Hall(announces=False, terminated=True)
    came = Came(hall)
    came.says(head(*headers))

    assert came.transport.take().startswith(b"HTTP/1.1 400 ")
    assert (hall.reasons, hall.requests) == ([reason], [])


@pytest.mark.parametrize("shows", [PROXIES.issue("proxy"), ROOT.issue("proxy"), None])
async def test_a_proxy_that_comes_over_tls_shows_its_own_certificate(shows: Any) -> None:
    hall = Hall(announces=False, terminated=True, tls="proxies")
    came = Came(hall)
    client = TlsPeer(PeerChoice(shows=shows))
    shake(came, client)
    client.write(head(SHOWN, FROM))
    came.says(client.take_output())
    is_proxy = shows is not None and shows.certificate.issuer == PROXIES.certificate.subject

    assert (len(hall.requests) == 1) is is_proxy
    assert hall.reasons == ([] if is_proxy else ["not-the-certificate-of-a-proxy"])


async def test_a_header_may_be_longer_there() -> None:
    hall = Hall(announces=False, terminated=True)
    Came(hall).says(head(SHOWN, FROM, (b"X-Long", b"x" * 6000)))

    assert len(hall.requests) == 1

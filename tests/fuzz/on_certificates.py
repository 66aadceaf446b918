"""Certificates: as a station shows them, and as a proxy forwards them."""

from __future__ import annotations

import base64
from functools import cache
from urllib.parse import quote

from tests.fakes.certificates import Authority
from tests.fuzz.bytes_plan import BytesPlan
from voltward.crypto.reading.certificates import (
    LARGEST_CERTIFICATE,
    UnreadableCertificate,
    fingerprint,
    read_certificate,
)
from voltward.wire.forwarded_certificate import (
    LONGEST_CHAIN,
    CertificateHeaders,
    ForwardedFault,
    headers_of,
    read_forwarded,
)

FORMS = ("rfc9440", "nginx", "haproxy", "envoy", "traefik", "aws")


@cache
def seeds() -> tuple[bytes, ...]:
    """A station's certificate of each kind of key, and an authority's."""
    authority = Authority.create("Root")
    stations = [
        authority.issue(common_name="SN-1", organisation="Example CPO", key=key)
        for key in ("ec", "rsa", "secp384r1", "brainpoolP256r1")
    ]
    return (authority.der, *(station.der for station in stations))


def certificate(data: bytes) -> None:
    """Facts, or `UnreadableCertificate` and nothing else."""
    try:
        seen = read_certificate(data)
    except UnreadableCertificate:
        return
    assert len(data) <= LARGEST_CERTIFICATE
    assert seen.fingerprint == fingerprint(data)
    assert all(isinstance(name, str) for name in seen.common_names)


@cache
def forwarded_seeds() -> tuple[bytes, ...]:
    """Each form as its proxy would write it; the first octet chooses the form."""
    der = seeds()[1]
    encoded = base64.b64encode(der)
    pem = b"-----BEGIN CERTIFICATE-----\n" + encoded + b"\n-----END CERTIFICATE-----\n"
    escaped = quote(pem.decode()).encode()
    values = (
        b":" + encoded + b":",
        escaped,
        encoded,
        b'Hash=00;Cert="' + escaped + b'";Subject="CN=SN-1"',
        encoded + b"," + encoded,
        quote(pem.decode(), safe="+=/").encode(),
    )
    return tuple(bytes((number, 0)) + value for number, value in enumerate(values))


def forwarded(data: bytes) -> None:
    """Certificates within their bounds, or a fault, for every form."""
    plan = BytesPlan(data)
    named: CertificateHeaders = headers_of(FORMS[plan.number(len(FORMS))])
    chain = plan.piece(255)
    headers = {named.leaf: plan.rest(), **({named.chain: chain} if named.chain else {})}
    found = read_forwarded(headers, named)
    if isinstance(found, ForwardedFault):
        assert found.code
        return
    assert len(found) <= LONGEST_CHAIN
    assert all(0 < len(one) <= LARGEST_CERTIFICATE for one in found)

"""How OCPP names an installed certificate: digests of its issuer's name and key, and its serial number.

The fields are those of a CertID (RFC 6960, 4.1.1; WP edition 3; 2.x CertificateHashData). Stations write them
in either case and some with leading zeros, so two are compared, never their texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from voltward.crypto.reading.certificates import UnreadableCertificate, read_certificate
from voltward.crypto.reading.der import (
    SEQUENCE,
    MalformedDer,
    bits_of,
    elements_in,
    expect,
    first_element,
    integer_of,
    only_element,
)
from voltward.domain.intents import CertificateHash, HashAlgorithm

_VERSION: Final = 0xA0


@dataclass(frozen=True, slots=True)
class _Named:
    """The octets of a certificate that its names are made of, as they stand in it."""

    der: bytes
    serial: str
    issuer: bytes
    key: bytes  # what the BIT STRING of the key holds, without tag, length and unused bits


def certificate_hash(certificate: bytes, issuer: bytes, algorithm: HashAlgorithm) -> CertificateHash:
    """The name of a certificate that `issuer` signed (both DER); a self-signed one is its own issuer.

    In lower case, the serial without leading zeros (4095 is `fff`). Raises UnreadableCertificate.
    """
    return _hash(_named(certificate), _named(issuer), algorithm)


def issuer_name_hash(certificate: bytes, algorithm: HashAlgorithm) -> str:
    """What whoever is named as the issuer of this certificate (DER) is called, known or not.

    Raises UnreadableCertificate.
    """
    return _digest(algorithm, _named(certificate).issuer)


def names_the_same(one: CertificateHash, other: CertificateHash) -> bool:
    """Whether both name one certificate; by different algorithms that cannot be told, and is not so."""
    return _comparable(one) == _comparable(other)


def find_certificate(told: CertificateHash, known: Sequence[bytes]) -> bytes | None:
    """The known certificate (DER) that a station names, whatever algorithm it chose; None if there is none.

    An issuer has to be among `known` too, as a root is its own; it is told by its key, since one name may be
    written in two ways. Those that cannot be read are passed over.
    """
    candidates = [named for named in map(_named_or_none, known) if named is not None]
    same = (
        candidate.der
        for candidate, issuer in product(candidates, repeat=2)
        if candidate.serial == _plain(told.serial)
        and names_the_same(_hash(candidate, issuer, told.algorithm), told)
    )
    return next(same, None)


def _hash(certificate: _Named, issuer: _Named, algorithm: HashAlgorithm) -> CertificateHash:
    return CertificateHash(
        algorithm=algorithm,
        issuer_name=_digest(algorithm, certificate.issuer),
        issuer_key=_digest(algorithm, issuer.key),
        serial=certificate.serial,
    )


def _comparable(named: CertificateHash) -> tuple[HashAlgorithm, str, str, str]:
    return (
        named.algorithm,
        named.issuer_name.strip().lower(),
        named.issuer_key.strip().lower(),
        _plain(named.serial),
    )


def _plain(serial: str) -> str:
    return serial.strip().lower().removeprefix("0x").lstrip("0") or "0"


def _digest(algorithm: HashAlgorithm, octets: bytes) -> str:
    return hashlib.new(algorithm.value, octets).hexdigest()


def _named(der: bytes) -> _Named:
    """Raises UnreadableCertificate. Taken from the octets: writing a name anew may not give the same ones."""
    read_certificate(der)  # its bounds, and its strictness
    try:
        body = elements_in(first_element(der).content, 3)[0]
        fields = elements_in(expect(body, SEQUENCE).content, 10)
        serial, _, issuer, _, _, key = fields[1:7] if fields[0].tag == _VERSION else fields[:6]
        bits = bits_of(elements_in(only_element(key.whole, SEQUENCE).content, 2)[1])
        return _Named(der, f"{integer_of(serial):x}", issuer.whole, bits)
    except (MalformedDer, ValueError, IndexError) as error:
        raise UnreadableCertificate("its fields are not those of a certificate.") from error


def _named_or_none(der: bytes) -> _Named | None:
    try:
        return _named(der)
    except UnreadableCertificate:
        return None

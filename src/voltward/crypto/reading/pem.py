"""Certificates in PEM form: tolerant reading of what people have in files, and writing.

Tolerant of text around the blocks, line ends, indentation, and line ends written out as in JSON, since such
files travel through mails and tickets; strict about what stands in a block.
"""

from __future__ import annotations

import base64
import binascii
import re

from voltward.crypto.reading.certificates import UnreadableCertificate, fingerprint, read_certificate

LARGEST_BUNDLE = 1024 * 1024
MOST_CERTIFICATES = 256

_BLOCK = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----([^-]*)-----END (?:X509 )?CERTIFICATE-----")
# A DER sequence of more than 255 octets, as every certificate is one.
_DER = b"\x30\x82"
_ARMOUR = len("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")
_LINE = 48  # octets: 64 characters of Base64 (RFC 7468, 2)


def read_pem_bundle(content: bytes | str) -> list[bytes]:
    """The DER forms of all certificates in a PEM text, or of the one in a DER file: in order, each once.

    Empty if there is none; private keys are passed over. UnreadableCertificate names the one that is damaged.
    """
    octets = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    if len(octets) > LARGEST_BUNDLE:
        raise UnreadableCertificate(f"no bundle of certificates has {len(octets)} octets.")
    if octets.startswith(_DER):
        return [_readable(octets, 1)]
    text = octets.replace(b"\\r", b"").replace(b"\\n", b"\n")
    blocks = [match[1] for match in _BLOCK.finditer(text)]
    if len(blocks) > MOST_CERTIFICATES:
        raise UnreadableCertificate(f"there are more than {MOST_CERTIFICATES} certificates in it.")
    certificates = (
        _readable(_decoded(block, number), number) for number, block in enumerate(blocks, start=1)
    )
    return list({fingerprint(der): der for der in certificates}.values())


def certificate_pem(*ders: bytes) -> bytes:
    """One PEM text (RFC 7468) of all, in the order given: leaf first for a chain."""
    return b"".join(_block(der) for der in ders)


def pem_length(der: bytes) -> int:
    """Characters of `certificate_pem`."""
    return _ARMOUR + (len(der) + 2) // 3 * 4 + -(-len(der) // _LINE)


def request_pem(der: bytes) -> bytes:
    """One request (PKCS #10) as PEM text."""
    return _block(der, b"CERTIFICATE REQUEST")


def _block(der: bytes, label: bytes = b"CERTIFICATE") -> bytes:
    lines = b"".join([binascii.b2a_base64(der[at : at + _LINE]) for at in range(0, len(der), _LINE)])
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label, lines, label)


def _decoded(block: bytes, number: int) -> bytes:
    body = b"".join(block.split()).rstrip(b"=")
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4), validate=True)
    except binascii.Error as error:
        raise UnreadableCertificate(
            f"certificate {number} is no Base64: it was damaged on its way."
        ) from error


def _readable(der: bytes, number: int) -> bytes:
    try:
        read_certificate(der)
    except UnreadableCertificate as fault:
        raise UnreadableCertificate(f"certificate {number}: {fault.what}") from fault
    return der

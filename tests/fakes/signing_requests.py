"""Signing requests for tests: as a library writes them, and by hand, sloppy on purpose.

request_pem("SN-1", "Example CPO")                       # good
written(subject=name(("2.5.4.3", 0x13, b"SN_1")))        # DER by hand, signed by its key all the same
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.certificates import Extension, PrivateKey, new_key, subject_of

CHALLENGE_PASSWORD = x509.ObjectIdentifier("1.2.840.113549.1.9.7")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
ECDSA_SHA1 = bytes.fromhex("300906072a8648ce3d0401")


def request(
    common_name: str | None = "SN-1",
    organisation: str | None = "Example CPO",
    *,
    key: str | PrivateKey = "ec",
    extensions: Sequence[Extension] = (),
    challenge: bytes | None = None,
) -> x509.CertificateSigningRequest:
    """As `cryptography` writes it."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of(common_name, organisation))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    if challenge is not None:
        builder = builder.add_attribute(CHALLENGE_PASSWORD, challenge)
    return builder.sign(new_key(key), hashes.SHA256())


def request_pem(
    common_name: str | None = "SN-1", organisation: str | None = "Example CPO", **more: object
) -> str:
    """The same as text."""
    made = request(common_name, organisation, **more)  # type: ignore[arg-type]
    return made.public_bytes(Encoding.PEM).decode("ascii")


def element(tag: int, *contents: bytes) -> bytes:
    """One DER element, by hand."""
    content = b"".join(contents)
    size = len(content).to_bytes(3, "big").lstrip(b"\0")
    return (
        bytes([tag, len(content)]) + content
        if len(content) < 128
        else bytes([tag, 0x80 | len(size)]) + size + content
    )


def identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    octets = bytearray([40 * first + second])
    for arc in rest:
        groups = [arc >> shift & 0x7F for shift in range(0, max(arc.bit_length(), 1), 7)][::-1]
        octets += bytes(group | 0x80 for group in groups[:-1]) + bytes(groups[-1:])
    return element(0x06, bytes(octets))


def name(*attributes: tuple[str, int, bytes]) -> bytes:
    """A subject of (type, string tag, octets)."""
    return element(
        0x30,
        *(
            element(0x31, element(0x30, identifier(kind), element(tag, text)))
            for kind, tag, text in attributes
        ),
    )


GOOD_NAME = name(("2.5.4.10", 0x0C, b"Example CPO"), ("2.5.4.3", 0x0C, b"SN-1"))
NO_ATTRIBUTES = element(0xA0)


def written(
    subject: bytes = GOOD_NAME,
    *,
    key: PrivateKey | None = None,
    spki: bytes | None = None,
    version: int = 0,
    attributes: bytes = NO_ATTRIBUTES,
    algorithm: bytes | None = None,
    signature: bytes | None = None,
) -> bytes:
    """The DER form of a request that is signed by `key`, whatever else is wrong with it."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    spki = spki or key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    info = element(0x30, element(0x02, bytes([version])), subject, spki, attributes)
    if signature is None:
        signature = (
            key.sign(info, padding.PKCS1v15(), hashes.SHA256())
            if isinstance(key, rsa.RSAPrivateKey)
            else key.sign(info, ec.ECDSA(hashes.SHA256()))
        )
    own = RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else ECDSA_SHA256
    return element(0x30, info, algorithm or own, element(0x03, b"\0", signature))

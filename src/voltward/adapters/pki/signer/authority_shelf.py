"""The authorities of a deployment on its disk: certificates in `public/`, keys in the signer's room.

    public/stations-ca-ecdsa.pem     the certificate; those above it may follow, up to the root
    signer/stations-ca-ecdsa.sealed  its key, unless a token has it or it is kept elsewhere
    public/root-ecdsa.crl            its list of revoked certificates, carried over from where its key is

A name is a role, a family, and from the second generation on a number: `stations-ca-ecdsa.2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.adapters.durable_files import disk, read_file
from voltward.crypto.issuing.hierarchy import Family, Role
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.keys import PrivateKey, PublicKey, read_private_key
from voltward.crypto.reading.certificates import UnreadableCertificate, fingerprint
from voltward.crypto.reading.pem import LARGEST_BUNDLE, read_pem_bundle
from voltward.domain.errors import OutsideFault
from voltward.ports.signer import KeyPlace
from voltward.ports.vault import KeyRoom

FOLDER: Final = "public"
WAITING: Final = ".next"  # behind the name of one that a root rotation has to bring
_NAME: Final = re.compile(
    r"(root|csms-ca|stations-ca|firmware-ca)(?:-(ecdsa|rsa))?(?:\.([2-9]|[1-9][0-9]+))?"
)
_LONGEST_CHAIN: Final = 8
LARGEST_LIST: Final = 16 * 1024 * 1024  # octets: somebody's whole PKI may stand on it

# The private key to a public one, where a token has it.
FindKey = Callable[[PublicKey], PrivateKey | None]


@dataclass(frozen=True)  # without slots: each certificate that it signs asks for the same forms of it
class ShelvedAuthority:
    """An authority. `chain` begins with its own certificate; `key` is None where it is kept elsewhere.

    `carried`: then, what lies beside it as its list of revoked certificates; nobody has looked at it yet.
    """

    name: str
    role: Role
    family: Family
    generation: int
    chain: tuple[x509.Certificate, ...]
    key: PrivateKey | None
    key_place: KeyPlace
    carried: bytes = b""

    @property
    def certificate(self) -> x509.Certificate:
        """Its own."""
        return self.chain[0]

    @cached_property
    def id(self) -> str:
        """SHA-256 of the DER form, in hexadecimal."""
        return fingerprint(self.certificate.public_bytes(Encoding.DER)).hex()

    @cached_property
    def ders(self) -> tuple[bytes, ...]:
        """The chain as DER forms."""
        return tuple(one.public_bytes(Encoding.DER) for one in self.chain)

    @cached_property
    def keys(self) -> tuple[object, ...]:
        """The public keys of the chain: nobody else's certificate is for one of them."""
        return tuple(one.public_key() for one in self.chain)

    @cached_property
    def issuing(self) -> IssuingAuthority | None:
        """It with its key, where that can be used here."""
        return IssuingAuthority(self.certificate, self.key) if self.key is not None else None


def no_token(_: PublicKey) -> PrivateKey | None:
    """For a deployment whose keys lie in files."""
    return None


def read_shelf(public: Path, room: KeyRoom, find_key: FindKey = no_token) -> Mapping[str, ShelvedAuthority]:
    """All authorities by name. OutsideFault for a file that is damaged, or no pair with its key."""
    sealed = set(room.names())
    shelf = {
        name: _shelved(name, chain, room if name in sealed else None, find_key)
        for name, chain in _chains(public).items()
    }
    return {
        name: replace(one, carried=_carried(public, name)) if one.key is None else one
        for name, one in shelf.items()
    }


def carried_list(public: Path, name: str) -> Path:
    """Where the list of an authority lies whose key is elsewhere."""
    return public / f"{name}.crl"


def read_chains(public: Path) -> Mapping[str, tuple[bytes, ...]]:
    """The chains of all authorities by name, as DER, without a look at their keys."""
    return {
        name: tuple(one.public_bytes(Encoding.DER) for one in chain)
        for name, chain in _chains(public).items()
    }


def _carried(public: Path, name: str) -> bytes:
    file = carried_list(public, name)
    return read_file(file, LARGEST_LIST) if file.exists() else b""


def _chains(public: Path) -> dict[str, list[x509.Certificate]]:
    with disk(public, "cannot be listed"):
        files = sorted(p for p in public.iterdir() if p.suffix == ".pem" and _NAME.fullmatch(p.stem))
    bundles = {path.stem: _bundle(path) for path in files}
    known = [bundle[0] for bundle in bundles.values()]
    return {name: _completed(bundle, known) for name, bundle in bundles.items()}


def own_stations_authorities(public: Path) -> list[bytes]:
    """The certificates (DER) of our authorities for stations; none where there is no such folder."""
    files = sorted(public.glob(f"{Role.STATIONS}*.pem"))
    certificates = [_bundle(path)[0] for path in files if _NAME.fullmatch(path.stem)]
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def split_name(name: str) -> tuple[Role, str, int] | None:
    """Role, family ("" for none) and generation of an authority's name; None where it is no such name."""
    found = _NAME.fullmatch(name)
    return (Role(found[1]), found[2] or "", int(found[3] or 1)) if found else None


def next_generation(public: Path, family: Family) -> int:
    """The number of the family's next authorities: above all that have a certificate, or wait for one."""
    with disk(public, "cannot be listed"):
        stems = [
            path.stem.removesuffix(WAITING) for path in public.iterdir() if path.suffix in {".pem", ".csr"}
        ]
    names = [split_name(stem) for stem in stems]
    return 1 + max((name[2] for name in names if name is not None and name[1] == family), default=0)


def _shelved(
    name: str, chain: Sequence[x509.Certificate], room: KeyRoom | None, find_key: FindKey
) -> ShelvedAuthority:
    parts = split_name(name)
    assert parts is not None
    public_key = chain[0].public_key()
    assert isinstance(public_key, PublicKey)
    if room is not None:
        key, place = read_private_key(room.get(name)), KeyPlace.ROOM
        if key.public_key() != public_key:
            raise OutsideFault(
                f"the certificate of {name} does not belong to its key.",
                mend=f"Restore {FOLDER}/{name}.pem and signer/{name}.sealed from one backup.",
            )
    else:
        key = find_key(public_key)
        place = KeyPlace.TOKEN if key is not None else KeyPlace.ELSEWHERE
    return ShelvedAuthority(name, parts[0], Family.of(public_key), parts[2], tuple(chain), key, place)


def _bundle(path: Path) -> list[x509.Certificate]:
    try:
        found = [
            x509.load_der_x509_certificate(der) for der in read_pem_bundle(read_file(path, LARGEST_BUNDLE))
        ]
    except UnreadableCertificate as fault:
        raise OutsideFault(fault.what, mend="Restore it from the backup.", subject=str(path)) from fault
    if not found or not isinstance(found[0].public_key(), PublicKey):
        raise OutsideFault(
            "holds no certificate of an authority.", mend="Restore it from the backup.", subject=str(path)
        )
    return found


def _completed(
    bundle: Sequence[x509.Certificate], known: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """The chain up to the root, as far as it is known here."""
    chain = list(bundle)
    while len(chain) < _LONGEST_CHAIN:
        above = next((one for one in known if one not in chain and _has_signed(one, chain[-1])), None)
        if above is None:
            break
        chain.append(above)
    return chain


def _has_signed(above: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True

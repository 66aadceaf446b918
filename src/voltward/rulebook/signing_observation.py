"""The typed facts of a certificate signing request, and of whoever sent it: moment `certificate`."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.domain.authority import Binding
from voltward.rulebook.observation import PublicKeySeen


@dataclass(frozen=True, slots=True)
class SigningRequestSeen:
    """A request that could be read. Texts are the sender's, bounded, not checked for anything."""

    key: PublicKeySeen
    key_fingerprint: bytes  # SHA-256 of the SubjectPublicKeyInfo in DER form
    weaknesses: tuple[str, ...]  # of the key alone, as stable words
    common_names: tuple[str, ...]
    organisations: tuple[str, ...]
    subject: str  # for people
    signature: str  # the algorithm, for people
    signature_hash: str | None  # `sha256`; None where the algorithm is not understood
    proves_possession: bool  # it is signed by the key that it carries
    asked_beyond: tuple[str, ...] = ()  # extensions and attributes, by name
    alternative_names: tuple[str, ...] = ()  # `dns:...`, `ip:...`
    asks_to_be_ca: bool = False
    oddities: tuple[str, ...] = ()  # how it departs from PKCS #10 in PEM, as stable words


@dataclass(frozen=True, slots=True)
class KeyKnown:
    """What is known about the key of a request, by its fingerprint."""

    listed: bool = False  # as known to others
    revoked: str | None = None  # the reason why a certificate with it was revoked
    other_station: str = ""  # the station whose key it is as well
    in_use: bool = False  # the asking station's own certificate of today has it


@dataclass(frozen=True, slots=True)
class SigningRequestObservation:
    """Everything seen when a station asks for a certificate."""

    identity: str
    serial: str | None  # by the record; None: nobody has said
    binding: Binding  # of the authority that would issue
    organisations: tuple[str, ...]  # the operator's name, and those it lists beside
    request: SigningRequestSeen | None  # None: it could not be read
    unreadable: str = ""  # why not, in words
    known: KeyKnown | None = None  # None: nobody looked
    own_hosts: tuple[str, ...] = ()  # names under which stations reach us

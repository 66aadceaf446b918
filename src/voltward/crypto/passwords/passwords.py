"""Passwords of stations: their forms, their digests, and how a new one becomes what is stored.

Octets are compared, never text (field note 2). A credential made of hexadecimal digits stands for the octets
that they spell, and stations send either form (field note 1). The slow hash for passwords that people chose
stands in `argon2id`; when it may be asked is the gateway's ration (ruling 10).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from voltward.crypto.chance import TokenSource
from voltward.crypto.keyed_digest import keyed_digest
from voltward.crypto.passwords.argon2id import RFC_9106_LOW_MEMORY, Argon2Cost, hash_octets
from voltward.domain.credential import KeyedDigest, Password, PasswordForm
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId

SHORTEST = 16  # octets (A00.FR.205); a shorter one is a finding (field note 4)
LONGEST = 64  # the most that any edition lets a station keep

# 16 to 20 octets are spelled by 32 to 40 digits, so the two forms are never mistaken for each other.
_DIGITS = re.compile(rb"(?:[0-9a-fA-F]{2}){16,20}")
_SPELLED = range(16, 21)
_MACHINE_MADE = re.compile(rb"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class PasswordKeys:
    """The two keys that digests are made with, from the gateway's room, and the cost of the slow hash."""

    digest: Secret
    sharing: Secret
    cost: Argon2Cost = RFC_9106_LOW_MEMORY


def make_password(entropy: TokenSource) -> Secret:
    """40 lower-case hexadecimal digits, 160 bits: as text or as 20 octets (ruling 23)."""
    return Secret(entropy.token(20).hex().encode("ascii"))


def canonical_octets(presented: bytes, hexadecimal: bool) -> tuple[bytes, PasswordForm] | None:  # noqa: FBT001
    """The octets that a presented password means for a credential, and its form; None if it fits neither.

    For a credential of hexadecimal digits, 32 to 40 digits in either case are un-hexed, and 16 to 20 octets
    stand for themselves. For any other credential the password stands for itself.
    """
    if not hexadecimal:
        return presented, PasswordForm.TEXT
    if _DIGITS.fullmatch(presented):
        return bytes.fromhex(presented.decode("ascii")), PasswordForm.TEXT
    return (presented, PasswordForm.OCTETS) if len(presented) in _SPELLED else None


def password_digest(key: Secret, station: StationId, octets: bytes) -> bytes:
    """Over tenant, identity and octets: one password at two stations has two digests (A01.FR.08)."""
    tenant, identity = station.tenant.encode(), station.identity.encode()
    return keyed_digest(key, b"voltward password", tenant, identity, octets)


def matches_digest(key: Secret, station: StationId, octets: bytes, verifier: KeyedDigest) -> bool:
    """Are these the octets of that digest? In constant time; microseconds."""
    return hmac.compare_digest(password_digest(key, station, octets), verifier.digest)


def password_proof(keys: PasswordKeys, station: StationId, text: Secret, *, machine_made: bool) -> Password:
    """What is stored of a new password: a keyed digest if we made it, else argon2id (A01.FR.08). It blocks.

    32 to 40 hexadecimal digits stand for the octets that they spell. OperatorFault if it is empty or longer
    than any station can keep. What an operator hands in is never machine-made, however random it looks: it
    may come from a table of serial numbers.
    """
    octets, hexadecimal = octets_of(text)
    if not machine_made:
        return Password(hash_octets(octets, keys.cost), hexadecimal, len(octets))
    if not _MACHINE_MADE.fullmatch(text.reveal()):
        raise ValueError("only what make_password made is machine-made")
    return Password(KeyedDigest(password_digest(keys.digest, station, octets)), hexadecimal, len(octets))


def sharing_of(keys: PasswordKeys, text: Secret) -> bytes:
    """A digest without the identity: equal for equal secrets, whoever holds them (field note 6)."""
    return _sharing_digest(keys.sharing, octets_of(text)[0])


def matches_sharing(key: Secret, octets: bytes, sharing_digest: bytes) -> bool:
    """Are these the octets of that sharing digest? In constant time; microseconds. No to an empty digest."""
    return hmac.compare_digest(_sharing_digest(key, octets), sharing_digest)


def _sharing_digest(key: Secret, octets: bytes) -> bytes:
    return keyed_digest(key, b"voltward sharing", octets)


def octets_of(text: Secret) -> tuple[bytes, bool]:
    """The octets that a password stands for, and whether its digits spelled them.

    OperatorFault if it is empty or longer than any station can keep.
    """
    mend = "Leave it out, and a strong one is made."
    if not text:
        raise OperatorFault("the password is empty.", mend=mend)
    if len(text) > LONGEST:
        raise OperatorFault(
            f"the password has {len(text)} octets; no station can keep more than {LONGEST}.", mend=mend
        )
    hexadecimal = _DIGITS.fullmatch(text.reveal()) is not None
    read = canonical_octets(text.reveal(), hexadecimal)
    assert read is not None
    return read[0], hexadecimal

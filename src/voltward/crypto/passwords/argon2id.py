"""argon2id (RFC 9106): the slow hash for what people chose, and its costs as named sets.

Everything here blocks for tens of milliseconds: off the event loop, in bounded pools. Salts are drawn by the
library from the system's generator.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import argon2
from argon2 import low_level
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from voltward.domain.credential import Argon2Hash
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

_DIGEST_OCTETS = 32
_LEAST_SALT, _LEAST_DIGEST = 8, 16  # of a hash that somebody else made (RFC 9106, section 3.1, asks for less)

# What a stored hash may ask of us: a doctored row must not cost gigabytes.
_MOST = argon2.Parameters(low_level.Type.ID, 19, 64, 64, time_cost=16, memory_cost=256 * 1024, parallelism=16)


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """One set of parameters; `memory` and `salt` in KiB and octets."""

    passes: int
    memory: int
    lanes: int
    salt: int = 16


RFC_9106_LOW_MEMORY = Argon2Cost(passes=3, memory=64 * 1024, lanes=4)  # its second recommended choice
FOR_TESTS = Argon2Cost(passes=1, memory=8, lanes=1)  # protects nothing


def hash_octets(octets: bytes, cost: Argon2Cost) -> Argon2Hash:
    """The hash with a fresh salt, as a PHC string."""
    hasher = argon2.PasswordHasher(
        time_cost=cost.passes,
        memory_cost=cost.memory,
        parallelism=cost.lanes,
        hash_len=_DIGEST_OCTETS,
        salt_len=cost.salt,
    )
    return Argon2Hash(hasher.hash(octets))


def matches_argon2(octets: bytes, verifier: Argon2Hash) -> bool:
    """Are these the octets that were hashed? OutsideFault if the stored hash is damaged."""
    try:
        stored = argon2.extract_parameters(verifier.encoded)
    except InvalidHashError as error:
        raise _damaged() from error
    if not _is_bearable(stored):
        raise _damaged()
    try:
        return low_level.verify_secret(verifier.encoded.encode("ascii"), octets, low_level.Type.ID)
    except VerifyMismatchError:
        return False
    except VerificationError as error:
        raise _damaged() from error


def read_argon2(text: str) -> Argon2Hash:
    """A hash that somebody else made, as a PHC string. OperatorFault if it cannot be compared with here."""
    try:
        stored = argon2.extract_parameters(text)
        lengths = [len(_decoded(part)) for part in text.split("$")[-2:]]
    except (InvalidHashError, ValueError) as error:
        raise OperatorFault(
            "this is no argon2 hash.", mend="Give the whole PHC string: $argon2id$v=19$m=...$salt$hash."
        ) from error
    if not _is_bearable(stored) or lengths[0] < _LEAST_SALT or lengths[1] < _LEAST_DIGEST:
        raise OperatorFault(
            "this hash is no argon2id, is cut short, or costs more than a gateway can afford at its door.",
            mend=f"argon2id of at most {_MOST.memory_cost // 1024} MiB and {_MOST.time_cost} passes will do.",
        )
    return Argon2Hash(text)


def _decoded(part: str) -> bytes:
    """Salt or digest of a PHC string: base64 without its padding. ValueError."""
    return base64.b64decode(part + "=" * (-len(part) % 4), validate=True)


def _is_bearable(stored: argon2.Parameters) -> bool:
    return (
        stored.type is _MOST.type
        and stored.time_cost <= _MOST.time_cost
        and stored.memory_cost <= _MOST.memory_cost
        and stored.parallelism <= _MOST.parallelism
    )


def stretch(passphrase: Secret, salt: bytes, cost: Argon2Cost) -> Secret:
    """A key of 32 octets from a passphrase."""
    return Secret(
        low_level.hash_secret_raw(
            passphrase.reveal(),
            salt,
            time_cost=cost.passes,
            memory_cost=cost.memory,
            parallelism=cost.lanes,
            hash_len=_DIGEST_OCTETS,
            type=low_level.Type.ID,
        )
    )


def _damaged() -> OutsideFault:
    return OutsideFault("a stored password hash is damaged.", mend="Set a new password for this station.")

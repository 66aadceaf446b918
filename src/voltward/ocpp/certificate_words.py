"""How a version names certificates: what they are for, which root vouches for what, and their hashes.

Read suspiciously, as `named_values` does: a member that another reader could take for the one that is meant
makes the message unreadable, and whoever asks decides on the safe side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from voltward.domain.intents import AnchorUse, CertificateHash, CertificateUse, HashAlgorithm
from voltward.ocpp.named_values import UnreadableRows
from voltward.ocpp.names import fold

LONGEST_HASH: Final = 128  # hexadecimal digits of SHA-512
LONGEST_SERIAL: Final = 40  # hexadecimal digits of the 20 octets that RFC 5280 allows

_ALGORITHMS: Final = {
    HashAlgorithm.SHA256: "SHA256",
    HashAlgorithm.SHA384: "SHA384",
    HashAlgorithm.SHA512: "SHA512",
}
_ALGORITHM_NAMED: Final = {fold(word): algorithm for algorithm, word in _ALGORITHMS.items()}
_HEXADECIMAL: Final = frozenset("0123456789abcdefABCDEF")

Use = TypeVar("Use", CertificateUse, AnchorUse)


@dataclass(frozen=True, slots=True)
class CertificateWords:
    """A version's words. What has none cannot be said in it.

    `uses` are those of a request and of its answer; a use that stands for leaving the member out is in
    `unnamed`. `triggers` ask for a request; `anchors` are types of roots, and `listed` of what a list shows.
    """

    uses: Mapping[CertificateUse, str]
    unnamed: frozenset[CertificateUse | None]
    triggers: Mapping[CertificateUse, str]
    anchors: Mapping[AnchorUse, str]
    listed: Mapping[AnchorUse, str]
    has_request_id: bool = False


def told(payload: Mapping[str, Any], key: str) -> Any:
    """The member, None where it is missing; raises `UnreadableRows` where another could be taken for it."""
    folded = fold(key)
    alike = [name for name in payload if fold(name) == folded]
    if alike in ([], [key]):
        return payload.get(key)
    raise UnreadableRows(key)


def meant_by(word: object, words: Mapping[Use, str]) -> Use | None:
    """The use that a word names; None: none of these. UnreadableRows if it is no text."""
    if not isinstance(word, str):
        raise UnreadableRows("certificateType")
    folded = fold(word)
    return next((use for use, known in words.items() if fold(known) == folded), None)


def hash_data(certificate: CertificateHash) -> dict[str, str]:
    """As the wire has it."""
    return {
        "hashAlgorithm": _ALGORITHMS[certificate.algorithm],
        "issuerNameHash": certificate.issuer_name,
        "issuerKeyHash": certificate.issuer_key,
        "serialNumber": certificate.serial,
    }


def read_hash_data(data: object) -> CertificateHash | None:
    """The certificate that is named, its digits as they came but for leading zeros; None if unreadable."""
    if not isinstance(data, Mapping):
        return None
    try:
        members = [told(data, key) for key in ("hashAlgorithm", "issuerNameHash", "issuerKeyHash")]
        serial = told(data, "serialNumber")
    except UnreadableRows:
        return None
    if not all(_is_hexadecimal(text, LONGEST_HASH) for text in members[1:]) or not isinstance(
        members[0], str
    ):
        return None
    algorithm = _ALGORITHM_NAMED.get(fold(members[0]))
    if algorithm is None or not _is_hexadecimal(serial, LONGEST_SERIAL):
        return None
    return CertificateHash(algorithm, members[1], members[2], serial.lstrip("0") or "0")


def _is_hexadecimal(text: object, most: int) -> bool:
    return isinstance(text, str) and 0 < len(text) <= most and _HEXADECIMAL.issuperset(text)

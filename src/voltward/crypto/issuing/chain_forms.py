"""The forms in which a certificate's chain is handed to a station (CertificateSigned).

The standard wants the leaf first, then the sub-CAs in order, without the root. Stations exist that want the
root too, or nothing but their own certificate, or the order turned round (field note 30): these are tried,
one after the other, where a station rejects what the standard wants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from voltward.crypto.reading.certificates import names_itself
from voltward.crypto.reading.pem import certificate_pem, pem_length

#: Characters that the message has room for, in every version.
MOST_CHARACTERS: Final = 10_000

_Chain = tuple[bytes, ...]


class ChainForm(StrEnum):
    """In the order in which they are tried. Words that are remembered with a model."""

    WITHOUT_ROOT = "without root"  # as the standard wants it
    WITH_ROOT = "with root"
    LEAF_ALONE = "leaf alone"
    LEAF_LAST = "leaf last"  # without the root, turned round


_FORMS: Final = tuple(ChainForm)
_ARRANGED: Mapping[ChainForm, Callable[[_Chain, _Chain], _Chain]] = {
    ChainForm.WITHOUT_ROOT: lambda path, _root: path,
    ChainForm.WITH_ROOT: lambda path, root: path + root,
    ChainForm.LEAF_ALONE: lambda path, _root: path[:1],
    ChainForm.LEAF_LAST: lambda path, _root: path[::-1],
}


def fitting_forms(
    chain: Sequence[bytes], most_characters: int | None = None, first: ChainForm | None = None
) -> tuple[ChainForm, ...]:
    """The forms of a chain that a station has room for, in the order in which they are tried.

    Of forms with the same text, the first; none, where not even the leaf fits. `chain` is in DER form, leaf
    first; the root may be at its end. `most_characters` is what the station says
    (`CertificateSignedMaxChainSize`, `MaxCertificateChainSize`; None: nothing). `first` is what worked before
    with stations of this model. Raises UnreadableCertificate, and ValueError for an empty chain.
    """
    if not chain:
        raise ValueError("a chain has a leaf")
    limit = min(most_characters or MOST_CHARACTERS, MOST_CHARACTERS)
    path, root = _parted(tuple(chain))
    arranged: dict[_Chain, ChainForm] = {}  # a chain of a leaf and a root is the same in several forms
    for form in _in_order(first):
        arranged.setdefault(_ARRANGED[form](path, root), form)
    return tuple(form for ders, form in arranged.items() if sum(map(pem_length, ders)) <= limit)


def chain_text(chain: Sequence[bytes], form: ChainForm) -> str:
    """The chain (DER, leaf first, with or without its root) in one form: PEM, LF as line ends."""
    path, root = _parted(tuple(chain))
    return certificate_pem(*_ARRANGED[form](path, root)).decode("ascii")


def _in_order(first: ChainForm | None) -> Sequence[ChainForm]:
    return _FORMS if first is None else (first, *(form for form in _FORMS if form is not first))


def _parted(chain: _Chain) -> tuple[_Chain, _Chain]:
    """The path without its root, and the root, where it is there: one that names itself as its issuer."""
    is_root = names_itself(chain[-1])
    if len(chain) > 1 and is_root:
        return chain[:-1], chain[-1:]
    return chain, ()

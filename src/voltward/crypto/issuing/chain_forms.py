"""The forms in which a certificate's chain is handed to a station (CertificateSigned).

The standard wants the leaf first, then the sub-CAs in order, without the root. Stations exist that want the
root too, or nothing but their own certificate, or the order turned round (field note 30): these are tried,
one after the other, where a station rejects what the standard wants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from voltward.crypto.reading.certificates import names_itself
from voltward.crypto.reading.pem import certificate_pem

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


@dataclass(frozen=True, slots=True)
class ChainText:
    """PEM with LF as line ends, one at the end too."""

    form: ChainForm
    pem: str


@dataclass(frozen=True, slots=True)
class ChainTexts:
    """The texts that fit, in the order in which they are tried; none, where not even the leaf fits.

    `too_long` tells the others with their characters.
    """

    fitting: tuple[ChainText, ...]
    too_long: Mapping[ChainForm, int]
    limit: int


def chain_texts(
    chain: Sequence[bytes], most_characters: int | None = None, first: ChainForm | None = None
) -> ChainTexts:
    """The forms of a chain that a station has room for, each text once.

    `chain` is in DER form, leaf first; the root may be at its end. `most_characters` is what the station says
    (`CertificateSignedMaxChainSize`, `MaxCertificateChainSize`; None: nothing). `first` is what worked before
    with stations of this model. Raises UnreadableCertificate, and ValueError for an empty chain.
    """
    if not chain:
        raise ValueError("a chain has a leaf")
    limit = min(most_characters or MOST_CHARACTERS, MOST_CHARACTERS)
    path, root = _parted(tuple(chain))
    pem = {der: certificate_pem(der).decode("ascii") for der in chain}
    texts: dict[str, ChainForm] = {}  # a chain of a leaf and a root has the same text in several forms
    for form in _in_order(first):
        texts.setdefault("".join(pem[der] for der in _ARRANGED[form](path, root)), form)
    return ChainTexts(
        fitting=tuple(ChainText(form, text) for text, form in texts.items() if len(text) <= limit),
        too_long={form: len(text) for text, form in texts.items() if len(text) > limit},
        limit=limit,
    )


def chain_text(chain: Sequence[bytes], form: ChainForm) -> str:
    """The chain (DER, leaf first, with or without its root) in one form, as PEM."""
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

"""Signed heads of the journal's chains (ruling 29): the form of a line, and how lines are checked.

A head says: at this time, this chain ended with this row. Each line is JSON, carries an Ed25519 signature and
the SHA-256 of the line before it. `head_file` keeps the lines; nothing here touches a disk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from voltward.adapters.sql.journal.journal_chain import ChainHead, lengthened
from voltward.domain.secret import Secret

_LABEL: Final = b"voltward journal head, form 1"
_BEFORE_THE_FIRST: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """One line: the `number`-th of its file's life, after the line whose SHA-256 is `prev`."""

    head: ChainHead
    at: datetime
    number: int
    prev: bytes


def signing_key(seed: Secret) -> Ed25519PrivateKey:
    """The key from its 32 octets (RFC 8032)."""
    return Ed25519PrivateKey.from_private_bytes(seed.reveal())


def next_line(key: Ed25519PrivateKey, head: ChainHead, at: datetime, last: bytes | None) -> bytes:
    """The signed line, without its line end, that follows the line `last` of the file."""
    signed = SignedHead(head, at.astimezone(UTC), *_after(last))
    content = {
        "writer": head.writer,
        "seq": head.seq,
        "mac": head.mac.hex(),
        "at": _moment(signed.at),
        "number": signed.number,
        "prev": signed.prev.hex(),
        "signature": key.sign(_encoding(signed)).hex(),
    }
    return json.dumps(content, separators=(",", ":")).encode()


def read_line(line: bytes) -> SignedHead:
    """What a line says, whether or not its signature holds; `ValueError` if it is none of ours."""
    return _parse(line)[0]


@dataclass(frozen=True, slots=True)
class HeadLines:
    """The lines of a writer's file; unless `from_the_first`, older ones were dropped before them."""

    writer: str
    lines: Sequence[bytes]
    from_the_first: bool = True


def check_lines(key: Ed25519PublicKey, found: HeadLines) -> tuple[list[ChainHead], list[str]]:
    """The heads that hold, and a sentence for each line that does not."""
    heads: list[ChainHead] = []
    problems: list[str] = []
    expected: tuple[int, bytes] | None = _after(None) if found.from_the_first else None
    for place, line in enumerate(found.lines, start=1):
        where = f"{found.writer}: line {place} of its signed heads"
        try:
            signed, signature = _parse(line)
            key.verify(signature, _encoding(signed))
        except ValueError:
            problems.append(f"{where} cannot be read.")
            continue
        except InvalidSignature:
            problems.append(f"{where} is not signed with this journal's key.")
            continue
        if signed.head.writer != found.writer:
            problems.append(f"{where} belongs to {signed.head.writer}.")
            continue
        if expected is not None and (signed.number, signed.prev) != expected:
            problems.append(f"{where} does not follow the line before it: lines were cut out or moved.")
        expected = _after(line)
        heads.append(signed.head)
    return heads, problems


def _after(last: bytes | None) -> tuple[int, bytes]:
    """The number and the `prev` of the line that follows."""
    if last is None:
        return 1, _BEFORE_THE_FIRST
    try:
        number = _parse(last)[0].number + 1
    except ValueError:
        number = 1  # somebody spoilt the last line: go on behind it, so that it stays as evidence
    return number, hashlib.sha256(last).digest()


def _parse(line: bytes) -> tuple[SignedHead, bytes]:
    try:
        read: Any = json.loads(line)
        head = ChainHead(read["writer"], read["seq"], bytes.fromhex(read["mac"]))
        at = datetime.fromisoformat(read["at"])
        signed = SignedHead(head, at, read["number"], bytes.fromhex(read["prev"]))
        signature = bytes.fromhex(read["signature"])
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not a signed head") from error
    if not (
        isinstance(head.writer, str)
        and type(head.seq) is int
        and type(signed.number) is int
        and at.tzinfo is not None
    ):
        raise ValueError("not a signed head")
    return signed, signature


def _encoding(signed: SignedHead) -> bytes:
    head = signed.head
    return lengthened(
        _LABEL,
        head.writer.encode(),
        str(head.seq).encode(),
        head.mac,
        _moment(signed.at).encode(),
        str(signed.number).encode(),
        signed.prev,
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")

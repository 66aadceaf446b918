"""The secrets of a deployment, searched for in everything that it leaves behind.

    hoard = Hoard()
    hoard.add("password of CP001", b"...")          # whatever must not be seen
    hoard.add_deployment(settings_file)             # what its rooms, files and references hold
    finds = hunt(hoard, artefacts)                  # [] or what was found where, in which spelling

A secret is looked for as it is, in hexadecimal digits of either case, in base64 of both alphabets at any of the
three alignments (so also behind `identity:` in a Basic header), percent-encoded and as JSON writes it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import select

from voltward.adapters.sql.engines.opening import open_database
from voltward.adapters.sql.rows.tables import METADATA
from voltward.bootstrap.rooms import open_room
from voltward.bootstrap.store_place import store_access, store_file, store_url
from voltward.domain.errors import VoltwardError
from voltward.domain.secret import Secret
from voltward.ports.vault import RoomName
from voltward.settings import Settings, load_settings

SHORTEST = 8  # octets; shorter ones stand in half of all files by chance
_DIGITS = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_REFERENCE = re.compile(r'"file:([^"]+)"')


@dataclass(frozen=True, slots=True)
class Find:
    """Whose secret stands where, and how it is spelled. Never the secret."""

    whose: str
    spelling: str
    artefact: str

    def __str__(self) -> str:
        return f"{self.whose} stands in {self.artefact} ({self.spelling})"


class Hoard:
    """Secrets by their names. Those that are too short to be told from chance are left out."""

    def __init__(self) -> None:
        self.secrets: dict[bytes, str] = {}

    def add(self, whose: str, secret: bytes | Secret | None) -> None:
        """One secret; None is none."""
        octets = secret.reveal() if isinstance(secret, Secret) else secret
        if octets and len(octets) >= SHORTEST:
            self.secrets.setdefault(octets, whose)
            if _DIGITS.fullmatch(octets):  # digits that spell a key: the key itself is as good
                self.secrets.setdefault(bytes.fromhex(octets.decode()), f"{whose}, un-hexed")

    def add_deployment(self, file: Path) -> None:
        """What the deployment of this settings file holds: unlock keys, its rooms, the files it refers to."""
        settings = load_settings(file)
        for path in secret_files(file):
            if path.is_file():
                self.add(f"the file {path.name}", path.read_bytes().strip())
        for name in RoomName:
            for entry, secret in _room(settings, name):
                for part, octets in _parts(secret):
                    self.add(f"{entry}{part} of the {name} room", octets)


def secret_files(file: Path) -> list[Path]:
    """The files that hold a secret by being it: they may."""
    folder = file.parent
    referred = [folder / name for name in _REFERENCE.findall(file.read_text(encoding="utf-8"))]
    return [*referred, *(folder / name / "unlock.key" for name in RoomName)]


def spellings(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """How it could stand somewhere, with a word for each."""
    yield "as it is", secret
    yield "hexadecimal", secret.hex().encode()
    yield "hexadecimal, capitals", secret.hex().upper().encode()
    for shift in range(3):
        # Characters that the neighbours take part in are cut off: what is left stands in any base64 around it.
        encoded = base64.b64encode(bytes(shift) + secret)
        certain = encoded[(shift * 8 + 5) // 6 : (shift + len(secret)) * 8 // 6]
        yield f"base64, shifted by {shift}", certain
        yield f"base64 for URLs, shifted by {shift}", certain.replace(b"+", b"-").replace(b"/", b"_")
    text = secret.decode("utf-8", "replace")
    if "\ufffd" not in text:
        yield "percent-encoded", quote(text, safe="").encode()
        yield "in JSON", json.dumps(text)[1:-1].encode()
    yield "as Python writes octets", repr(secret)[2:-1].encode()


def hunt(hoard: Hoard, artefacts: Mapping[str, bytes]) -> list[Find]:
    """Each secret in each artefact, in the first spelling that is found."""
    whole = b"\n\0\n".join(artefacts.values())
    finds: list[Find] = []
    for secret, whose in hoard.secrets.items():
        for spelling, needle in spellings(secret):
            if needle in whole:
                places = [name for name, content in artefacts.items() if needle in content]
                finds += [Find(whose, spelling, place) for place in places]
                break
    return finds


def left_behind(file: Path) -> dict[str, bytes]:
    """Every file of the deployment but those that are a secret: store, journal heads, rooms, spool, settings."""
    may = {path.resolve() for path in secret_files(file)}
    return {
        path.relative_to(file.parent).as_posix(): path.read_bytes()
        for path in sorted(file.parent.rglob("*"))
        if path.is_file() and path.resolve() not in may
    }


async def stored_rows(file: Path) -> dict[str, bytes]:
    """Every value in the tables of a store that a server keeps; a file of SQLite is left behind as it is."""
    settings = load_settings(file)
    if store_file(settings) is not None:
        return {}
    database = await open_database(store_url(settings), store_access(settings))
    try:
        async with database.reading() as transaction:
            return {
                f"the table {table.name}": b"\n".join(
                    [
                        value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
                        async for portion in transaction.stream(select(table))
                        for row in portion
                        for value in row
                    ]
                )
                for table in METADATA.sorted_tables
            }
    finally:
        await database.close()


def _room(settings: Settings, name: RoomName) -> list[tuple[str, Secret]]:
    try:
        room = open_room(settings, name)
    except VoltwardError:
        return []  # taken away, or broken on purpose: then it gives nothing away either
    return [(entry, room.get(entry)) for entry in room.names()]


def _parts(secret: Secret) -> Iterator[tuple[str, bytes]]:
    """The secret itself, or the numbers that make a private key: they are found however the key is written."""
    octets = secret.reveal()
    if not octets.startswith(b"-----BEGIN"):
        yield "", octets
        return
    yield " (a line of PEM)", octets.splitlines()[1][24:]
    try:
        key = load_pem_private_key(octets, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return
    if isinstance(key, ec.EllipticCurvePrivateKey):
        yield " (its number)", key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8, "big")
    elif isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        yield " (a prime)", numbers.p.to_bytes((numbers.p.bit_length() + 7) // 8, "big")

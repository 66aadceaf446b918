"""A station's memory as a file: one JSON document, for its owner's eyes alone, replaced as a whole.

Keys lie in it unprotected, as on a cheap station; it is for simulated stations, whose keys protect nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.simulator.certificates import IssuedCertificate, KeyKind, PrivateKey
from voltward.simulator.memory.key_box import Held, KeyBox, Pending
from voltward.simulator.memory.station_memory import StationMemory, read_key
from voltward.simulator.memory.trust_store import Anchor, TrustStore
from voltward.simulator.memory.uses import AnchorUse, CertificateUse
from voltward.simulator.token_place import KeyInToken

_IN_TOKEN: Final = "in the token: "


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """Where one station keeps its memory; `token` finds the keys that it has by name alone."""

    path: Path
    token: Callable[[str], PrivateKey] | None = None

    @classmethod
    def of(cls, folder: Path, identity: str, token: Callable[[str], PrivateKey] | None = None) -> MemoryFile:
        """The file of this station: its identity, percent-encoded, so that no name leads elsewhere."""
        return cls(folder / f"{quote(identity, safe='')}.json", token)

    def read(self) -> StationMemory | None:
        """What the station remembers; None when it never wrote. OutsideFault for a file that is damaged."""
        try:
            return self._memory(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise OutsideFault(
                "this memory of a simulated station cannot be read.",
                mend="Delete it: the station then begins anew with what the command line gives it.",
                subject=str(self.path),
            ) from error

    def write(self, memory: StationMemory) -> None:
        """Replace the file. OutsideFault when the disk does not take it."""
        beside = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(_document(memory), file, indent=1)
            beside.replace(self.path)
        except OSError as error:
            raise OutsideFault(
                f"the memory of a simulated station cannot be written: {error.strerror}.",
                mend="--keep wants a folder that you may write to.",
                subject=str(self.path),
            ) from error

    def _memory(self, document: dict[str, Any]) -> StationMemory:
        password, place = document["password"], document["in_use"]
        held = [
            Held(
                CertificateUse(one["use"]),
                self._issued(one["chain"], one["key"]),
            )
            for one in document["held"]
        ]
        pending = [
            Pending(CertificateUse(one["use"]), self._key(one["key"]), one["number"])
            for one in document["pending"]
        ]
        anchors = [
            Anchor(
                AnchorUse(one["use"]),
                x509.load_pem_x509_certificate(one["certificate"].encode()),
                one["is_fallback"],
            )
            for one in document["anchors"]
        ]
        return StationMemory(
            settings=dict(document["settings"]),
            password=None if password is None else Secret(password.encode()),
            keys=KeyBox(held, pending, None if place is None else held[place]),
            trust=TrustStore(anchors),
            capacity=document["capacity"],
            hash_algorithm=document["hash_algorithm"],
            key_kind=KeyKind(document["key_kind"]),
            requests=document["requests"],
        )

    def _issued(self, chain: str, key: str) -> IssuedCertificate:
        leaf, *issuers = x509.load_pem_x509_certificates(chain.encode())
        return IssuedCertificate(leaf, tuple(issuers), self._key(key))

    def _key(self, text: str) -> PrivateKey:
        if text.startswith(_IN_TOKEN):
            if self.token is None:
                raise OutsideFault(
                    "the key of this station lies in a token.",
                    mend="Give the token as well: --token, --token-label and --token-pin-file.",
                    subject=str(self.path),
                )
            return self.token(text.removeprefix(_IN_TOKEN))
        return read_key(Secret(text.encode()))


def _document(memory: StationMemory) -> dict[str, Any]:
    keys = memory.keys
    return {
        "settings": memory.settings,
        "password": memory.password.reveal().decode() if memory.password else None,
        "held": [
            {"use": one.use, "chain": one.issued.chain_pem.decode(), "key": _key_text(one.issued.key)}
            for one in keys.held
        ],
        "in_use": next((place for place, one in enumerate(keys.held) if one is keys.in_use), None),
        "pending": [
            {"use": one.use, "key": _key_text(one.key), "number": one.number} for one in keys.pending
        ],
        "anchors": [
            {
                "use": anchor.use,
                "certificate": anchor.certificate.public_bytes(Encoding.PEM).decode(),
                "is_fallback": anchor.is_fallback,
            }
            for anchor in memory.trust.anchors
        ],
        "capacity": memory.capacity,
        "hash_algorithm": memory.hash_algorithm,
        "key_kind": memory.key_kind,
        "requests": memory.requests,
    }


def _key_text(key: PrivateKey) -> str:
    if isinstance(key, KeyInToken):
        return _IN_TOKEN + key.place.key
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

"""What `voltward simulate` is told, turned into stations that can be sent off."""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from voltward.cli.reading import read_password
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.simulator.certificates import KeyKind, PrivateKey, new_key
from voltward.simulator.dial import (
    SUBPROTOCOLS,
    CertificateLogin,
    Endpoint,
    Login,
    TlsOptions,
    password_login,
)
from voltward.simulator.faults import Fault
from voltward.simulator.fleet import Member
from voltward.simulator.memory.hash_data import ALGORITHMS
from voltward.simulator.memory.memory_file import MemoryFile
from voltward.simulator.memory.station_memory import StationMemory

_PORTS = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """Where credentials come from; each may be missing. `folder` has IDENTITY.pem and IDENTITY.key."""

    password_file: str | None = None
    passwords: Path | None = None  # CSV: identity, password
    certificate: Path | None = None
    key: Path | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many stations, who they are, what they speak, how they misbehave."""

    count: int
    identities: str
    serials: str
    dialects: tuple[str, ...]
    faults: frozenset[Fault]


class KeyToken(Protocol):
    """What makes keys in a token, and finds them there by name."""

    def make(self, kind: KeyKind) -> PrivateKey:
        """A new one."""
        ...

    def find(self, label: str) -> PrivateKey:
        """One that was made before."""
        ...


@dataclass(frozen=True, slots=True)
class Habits:
    """How they live with certificates: where they remember, which keys they make, how they name roots."""

    keep: Path | None = None
    new_keys: KeyKind = KeyKind.EC
    hash_algorithm: str = "SHA256"
    token: KeyToken | None = None

    def memory_of(self, identity: str) -> tuple[StationMemory, Callable[[StationMemory], None]]:
        """What this station remembers, new where it never came, and what to do when that changes."""
        find = self.token.find if self.token else None
        file = None if self.keep is None else MemoryFile.of(self.keep, identity, find)
        memory = (file.read() if file else None) or StationMemory()
        memory.key_kind, memory.hash_algorithm = self.new_keys, self.hash_algorithm
        memory.make_key = self.token.make if self.token else new_key
        return memory, file.write if file else forget


def forget(_memory: StationMemory) -> None:
    """Where nothing is kept."""


def read_habits(keep: Path | None, new_keys: str, hash_algorithm: str) -> Habits:
    """The options about certificates."""
    if new_keys not in list(KeyKind):
        raise OperatorFault(f"nobody makes keys of the kind {new_keys!r}.", mend="--new-keys ec or rsa.")
    if hash_algorithm not in ALGORITHMS:
        raise OperatorFault(
            f"no version has a word for {hash_algorithm!r}.", mend=f"Choose from {', '.join(ALGORITHMS)}."
        )
    return Habits(keep, KeyKind(new_keys), hash_algorithm)


def open_token(module: Path, label: str, pin_file: Path | None) -> KeyToken:
    """A token that new keys are made in."""
    if pin_file is None:
        raise OperatorFault("a token opens with its PIN.", mend="--token-pin-file FILE.", subject=label)
    try:
        from voltward.simulator.token_keys import TokenKeys
    except ImportError as error:
        raise OperatorFault(
            "nothing here speaks to tokens.", mend="pip install 'voltward[pkcs11]'.", subject=label
        ) from error
    return TokenKeys(module, label, pin_file)


def read_endpoint(url: str, ca: Path | None, *, owned: bool) -> Endpoint:
    """Where the stations go. OperatorFault for another host than this one, unless it is the caller's own."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    if parts.scheme not in _PORTS or not host:
        raise OperatorFault(
            "this is no address of a CSMS.", mend="As in wss://127.0.0.1:8443/ocpp.", subject=url
        )
    if not owned and not is_this_machine(host):
        raise OperatorFault(
            f"{host} is another machine, and what is sent there is an attack unless it is yours.",
            mend="If it is, say so: --i-own-this-host.",
            subject=url,
        )
    path = parts.path if "{station}" in parts.path else f"{parts.path.rstrip('/')}/{{station}}"
    tls = TlsOptions(server_name=host, ca_pem=_read_text(ca)) if parts.scheme == "wss" else None
    return Endpoint(host, port or _PORTS[parts.scheme], path, tls)


def is_this_machine(host: str) -> bool:
    """A loopback address, or the name that stands for one."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def read_dialects(names: Sequence[str]) -> tuple[str, ...]:
    """Subprotocols, by their name or by the version alone; all of them where none is named."""
    prefix = "ocpp"
    full = tuple(name if name.startswith(prefix) else prefix + name for name in names)
    unknown = [name for name in full if name not in SUBPROTOCOLS]
    if unknown:
        raise OperatorFault(
            f"nobody speaks {unknown[0]!r} here.", mend=f"Choose from {', '.join(SUBPROTOCOLS)}."
        )
    return full or SUBPROTOCOLS


def read_faults(names: Sequence[str]) -> frozenset[Fault]:
    """Ways to misbehave, by name."""
    unknown = [name for name in names if name not in list(Fault)]
    if unknown:
        raise OperatorFault(
            f"there is no fault {unknown[0]!r}.", mend="`voltward simulate --list` shows all of them."
        )
    return frozenset(Fault(name) for name in names)


def identity_of(pattern: str, number: int) -> str:
    """The identity of the station of this number: `CP{n:05}` is CP00001 for 1."""
    try:
        return pattern.format(n=number)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise OperatorFault(
            f"the pattern {pattern!r} cannot be filled in.", mend="As in 'CP{n:05}'."
        ) from error


def make_members(
    crowd: Crowd, wardrobe: Wardrobe, endpoint: Endpoint, habits: Habits = Habits()
) -> list[Member]:
    """The stations with their credentials. OperatorFault where two would have one identity."""
    identities = [identity_of(crowd.identities, number) for number in range(1, crowd.count + 1)]
    if len(set(identities)) != len(identities):
        raise OperatorFault(
            f"the pattern {crowd.identities!r} gives several stations one identity.", mend="Put {n} into it."
        )
    passwords = _read_passwords(wardrobe)
    shared = _shared_certificate(wardrobe)
    members: list[Member] = []
    for identity, dialect in zip(identities, islice(cycle(crowd.dialects), crowd.count), strict=True):
        login = shared or _own_certificate(wardrobe, identity) or _password(passwords, identity, dialect)
        serial = crowd.serials.replace("{identity}", identity)
        memory, keep = habits.memory_of(identity)
        members.append(
            Member(identity, serial, dialect, endpoint, login, crowd.faults, memory=memory, keep=keep)
        )
    return members


def profile_of(member: Member) -> int | None:
    """The security profile that it comes in on, by what it keeps or is given; None without a credential."""
    kept = member.memory
    has_certificate = kept is not None and kept.keys.for_the_link()
    has_password = kept is not None and kept.password is not None
    if not (member.login or has_certificate or has_password):
        return None
    if member.endpoint.tls is None:
        return 1
    return 3 if has_certificate or isinstance(member.login, CertificateLogin) else 2


def _read_passwords(wardrobe: Wardrobe) -> Mapping[str, Secret]:
    if wardrobe.password_file is not None:
        return {"": read_password(wardrobe.password_file)}
    if wardrobe.passwords is None:
        return {}
    rows = list(csv.reader(_read_text_of(wardrobe.passwords).splitlines()))
    found = {row[0].strip(): Secret(row[1].strip().encode()) for row in rows if len(row) >= 2}
    if not found:
        raise OperatorFault(
            "there is no password in it.",
            mend="A line for each station: IDENTITY,PASSWORD.",
            subject=str(wardrobe.passwords),
        )
    return found


def _password(passwords: Mapping[str, Secret], identity: str, dialect: str) -> Login:
    password = passwords.get(identity) or passwords.get("")
    return None if password is None else password_login(dialect, password)


def _shared_certificate(wardrobe: Wardrobe) -> CertificateLogin | None:
    if wardrobe.certificate is None:
        return None
    return _certificate(wardrobe.certificate, wardrobe.key or wardrobe.certificate)


def _own_certificate(wardrobe: Wardrobe, identity: str) -> CertificateLogin | None:
    if wardrobe.folder is None:
        return None
    chain = wardrobe.folder / f"{identity}.pem"
    key = wardrobe.folder / f"{identity}.key"
    return _certificate(chain, key if key.is_file() else chain) if chain.is_file() else None


def _certificate(chain: Path, key: Path) -> CertificateLogin:
    return CertificateLogin(_read_text_of(chain).encode(), Secret(_read_text_of(key).encode()))


def _read_text(path: Path | None) -> str | None:
    return None if path is None else _read_text_of(path)


def _read_text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise OutsideFault(
            f"the file cannot be read: {reason}.", mend="Check name, owner and mode.", subject=str(path)
        ) from error

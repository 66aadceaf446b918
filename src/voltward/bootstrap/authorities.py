"""Who signs for which station: our own signer, or an authority outside, as the settings choose by group."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import read_file
from voltward.adapters.pki.cmp import CmpEnrolment, CmpProof
from voltward.adapters.pki.est import WELL_KNOWN, EstEnrolment
from voltward.adapters.pki.http_exchange import Login, read_place
from voltward.adapters.pki.order_memory import FileOrderMemory
from voltward.adapters.pki.outside_authority import Enrolment, OutsideAuthority
from voltward.bootstrap.deployment import referenced_secret
from voltward.bootstrap.signer import signer_client
from voltward.crypto.pem import LARGEST_BUNDLE
from voltward.domain.errors import OperatorFault
from voltward.domain.station import Station
from voltward.ports.authority import CertificateAuthority
from voltward.ports.clock import Clock
from voltward.settings import OWN_SIGNER, OutsideAuthoritySettings, Settings
from voltward.wire.tls_client import ClientChain, ClientContext, build_client_context

FOLDER: Final = "authorities"  # what they have answered
LONGEST_PATIENCE: Final = 90.0  # seconds: an order ends before its errand is lent to somebody else


def authority_choice(settings: Settings, clock: Clock) -> Callable[[Station], CertificateAuthority]:
    """The authority of each station's group. OperatorFault for settings that lead to none."""
    made: dict[str, CertificateAuthority] = {OWN_SIGNER: signer_client(settings)}
    for name in authorities_in_use(settings):
        made.setdefault(name, outside_authority(settings, name, clock))
    return lambda station: made[settings.authority_of(station.group)]


def authorities_in_use(settings: Settings) -> list[str]:
    """The outside ones that some group has, each once."""
    chosen = [settings.certificates.authority, *(group.authority for group in settings.group.values())]
    return sorted({name for name in chosen if name} - {OWN_SIGNER})


def outside_authority(settings: Settings, name: str, clock: Clock) -> OutsideAuthority:
    """One authority by its table, ready to be asked; nobody is asked yet."""
    said = settings.authority.get(name)
    if said is None:
        raise OperatorFault(
            f"there is no authority {name!r}.",
            mend=f"Write [authority.{name}], or correct the name.",
            subject=name,
        )
    if not 1 <= said.timeout <= LONGEST_PATIENCE:
        raise OperatorFault(
            "the time-out is out of bounds.",
            mend=f"Write between 1 and {LONGEST_PATIENCE:g} s.",
            subject=f"authority.{name}.timeout",
        )
    try:
        enrolment = _PROTOCOLS[said.kind](settings, said, clock)
    except OperatorFault as fault:
        subject = f"authority.{name}" + (f": {fault.subject}" if fault.subject else "")
        raise OperatorFault(fault.what, mend=fault.mend, subject=subject) from fault
    return OutsideAuthority(name, enrolment, FileOrderMemory(settings.path(FOLDER) / name), said.timeout)


def _est(settings: Settings, said: OutsideAuthoritySettings, clock: Clock) -> Enrolment:
    place = read_place(said.url)
    if not place.is_tls:
        raise OperatorFault("EST is spoken over TLS alone (RFC 7030, 3.3).", mend="Write https:// in url.")
    place = replace(place, path=place.path or WELL_KNOWN)
    return EstEnrolment(place, _context(settings, said), _login(settings, said), clock)


def _cmp(settings: Settings, said: OutsideAuthoritySettings, _clock: Clock) -> Enrolment:
    login, program = _login(settings, said), shutil.which("openssl")
    if login is None or said.certificate:
        raise OperatorFault(
            "CMP is protected by a shared secret here.", mend="Set user (the reference) and password alone."
        )
    if program is None:
        raise OperatorFault("CMP needs the program openssl, 3.0 or newer.", mend="Install it.")
    if not said.recipient.startswith("/"):
        raise OperatorFault(
            "CMP needs the authority's own name.", mend="Set recipient, as in /O=Example/CN=Issuing CA."
        )
    place, anchors = read_place(said.url), settings.path(said.ca) if said.ca else None
    if place.is_tls is not bool(anchors):
        raise OperatorFault(
            "CMP goes over https:// with ca, or over http:// without: its messages are protected either way.",
            mend="Correct url, or ca.",
        )
    if anchors is not None:
        _text(anchors)
    proof = CmpProof(login.user, login.password, said.recipient)
    return CmpEnrolment(Path(program), place, proof, anchors, said.timeout)


def _context(settings: Settings, said: OutsideAuthoritySettings) -> ClientContext:
    anchors = _text(settings.path(said.ca)) if said.ca else None
    if bool(said.certificate) != bool(said.key):
        raise OperatorFault("certificate and key go together.", mend="Set both, or none.")
    chain = None
    if said.certificate:
        pem = read_file(settings.path(said.certificate), LARGEST_BUNDLE)
        chain = ClientChain(pem, referenced_secret(settings, said.key))
    return build_client_context(anchors, chain)


def _login(settings: Settings, said: OutsideAuthoritySettings) -> Login | None:
    if bool(said.user) != bool(said.password):
        raise OperatorFault("user and password go together.", mend="Set both, or none.")
    if not said.user:
        return None
    if ":" in said.user or not said.user.isprintable():
        raise OperatorFault("user holds what no user name can (RFC 7617, 2).", mend="Correct it.")
    return Login(said.user, referenced_secret(settings, said.password))


def _text(path: Path) -> str:
    try:
        return read_file(path, LARGEST_BUNDLE).decode("ascii")
    except UnicodeDecodeError as error:
        raise OperatorFault("is no PEM.", mend="Name a file of certificates.", subject=str(path)) from error


_PROTOCOLS = {"est": _est, "cmp": _cmp}

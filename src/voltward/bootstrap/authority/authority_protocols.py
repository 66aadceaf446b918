"""How each kind of authority outside is asked: an `[authority.NAME]` table becomes its protocol's client."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import read_file
from voltward.adapters.pki.outside.cmp import CmpEnrolment, CmpProof
from voltward.adapters.pki.outside.ejbca import PATH, EjbcaEnrolment, EjbcaProfiles
from voltward.adapters.pki.outside.est import WELL_KNOWN, EstEnrolment
from voltward.adapters.pki.outside.http_exchange import Login, Place, read_place
from voltward.adapters.pki.outside.json_exchange import JsonDesk
from voltward.adapters.pki.outside.outside_authority import Enrolment
from voltward.adapters.pki.outside.step_ca import StepCaEnrolment
from voltward.adapters.pki.outside.vault_pki import VaultEnrolment
from voltward.adapters.system_clock import SystemEntropy
from voltward.bootstrap.rooms import referenced_secret
from voltward.crypto.reading.pem import LARGEST_BUNDLE
from voltward.crypto.tokens.provisioner_tokens import ProvisionerKey
from voltward.domain.errors import OperatorFault
from voltward.ports.clock import Clock
from voltward.settings import OutsideAuthoritySettings, Settings
from voltward.wire.tls_client import ClientChain, ClientContext, build_client_context

Make = Callable[[Settings, OutsideAuthoritySettings, Clock], Enrolment]


@dataclass(frozen=True, slots=True)
class Protocol:
    """For stations. `needs`, `takes`: keys of the table, beside those that all have."""

    make: Make
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def enrolment_by(settings: Settings, said: OutsideAuthoritySettings, clock: Clock) -> Enrolment:
    """The client of a table's protocol; nobody is asked yet. OperatorFault for what cannot be carried out."""
    protocol = PROTOCOLS[said.kind]
    check_keys(said, protocol.needs, protocol.takes)
    return protocol.make(settings, said, clock)


def check_keys(said: OutsideAuthoritySettings, needs: Sequence[str], takes: Sequence[str]) -> None:
    """OperatorFault for a key that is missing, or that this kind does nothing with."""
    known = {*needs, *takes}
    missing = [key for key in needs if not getattr(said, key)]
    if missing:
        raise OperatorFault(f"the kind {said.kind} needs {' and '.join(missing)}.", mend="Set it.")
    idle = [key for key in _OWN - known if getattr(said, key)]
    if idle:
        raise OperatorFault(
            f"the kind {said.kind} does nothing with {' and '.join(sorted(idle))}.", mend="Remove it."
        )
    for pair in _PAIRS:
        if known.issuperset(pair) and len([key for key in pair if getattr(said, key)]) == 1:
            raise OperatorFault(f"{' and '.join(pair)} go together.", mend="Set both, or none.")


def _est(settings: Settings, said: OutsideAuthoritySettings, clock: Clock) -> Enrolment:
    place = _tls_place(said, WELL_KNOWN)
    return EstEnrolment(place, client_context(settings, said), _login(settings, said), clock)


def _cmp(settings: Settings, said: OutsideAuthoritySettings, _clock: Clock) -> Enrolment:
    login, program = _needed_login(settings, said), shutil.which("openssl")
    if program is None:
        raise OperatorFault("CMP needs the program openssl, 3.0 or newer.", mend="Install it.")
    if not said.issuer.startswith("/"):
        raise OperatorFault(
            "CMP needs the authority's own name.", mend="Set issuer, as in /O=Example/CN=Issuing CA."
        )
    place, anchors = read_place(said.url), settings.path(said.ca) if said.ca else None
    if place.is_tls is not bool(anchors):
        raise OperatorFault(
            "CMP goes over https:// with ca, or over http:// without: its messages are protected either way.",
            mend="Correct url, or ca.",
        )
    if anchors is not None:
        _text(anchors)
    proof = CmpProof(login.user, login.password, said.issuer)
    return CmpEnrolment(Path(program), place, proof, anchors, said.timeout)


def _step_ca(settings: Settings, said: OutsideAuthoritySettings, clock: Clock) -> Enrolment:
    key = ProvisionerKey.read(referenced_secret(settings, said.key))
    return StepCaEnrolment(_desk(settings, said, ""), said.user, key, clock)


def _vault(settings: Settings, said: OutsideAuthoritySettings, _clock: Clock) -> Enrolment:
    return VaultEnrolment(_desk(settings, said, "/v1/pki"), said.profile, _needed_login(settings, said))


def _ejbca(settings: Settings, said: OutsideAuthoritySettings, _clock: Clock) -> Enrolment:
    profiles = EjbcaProfiles(said.issuer, said.profile, said.entity_profile)
    return EjbcaEnrolment(_desk(settings, said, PATH), profiles, SystemEntropy())


def client_context(settings: Settings, said: OutsideAuthoritySettings) -> ClientContext:
    """Whom we believe there, and what we show."""
    anchors = _text(settings.path(said.ca)) if said.ca else None
    chain = None
    if said.certificate:
        pem = read_file(settings.path(said.certificate), LARGEST_BUNDLE)
        chain = ClientChain(pem, referenced_secret(settings, said.key))
    return build_client_context(anchors, chain)


def _desk(settings: Settings, said: OutsideAuthoritySettings, path: str) -> JsonDesk:
    return JsonDesk(_tls_place(said, path), client_context(settings, said))


def _tls_place(said: OutsideAuthoritySettings, path: str) -> Place:
    place = read_place(said.url)
    if not place.is_tls:
        raise OperatorFault(f"the kind {said.kind} is spoken over TLS alone.", mend="Write https:// in url.")
    return replace(place, path=place.path or path)


def _login(settings: Settings, said: OutsideAuthoritySettings) -> Login | None:
    return _needed_login(settings, said) if said.user else None


def _needed_login(settings: Settings, said: OutsideAuthoritySettings) -> Login:
    if ":" in said.user or not said.user.isprintable():
        raise OperatorFault("user holds what no user name can (RFC 7617, 2).", mend="Correct it.")
    return Login(said.user, referenced_secret(settings, said.password))


def _text(path: Path) -> str:
    try:
        return read_file(path, LARGEST_BUNDLE).decode("ascii")
    except UnicodeDecodeError as error:
        raise OperatorFault("is no PEM.", mend="Name a file of certificates.", subject=str(path)) from error


_PAIRS: Final = (("user", "password"), ("certificate", "key"))
_EVERYONES: Final = {"kind", "url", "ca", "timeout"}
_OWN: Final = {*OutsideAuthoritySettings.__struct_fields__} - _EVERYONES
PROTOCOLS: Final[Mapping[str, Protocol]] = {
    "est": Protocol(_est, takes=("user", "password", "certificate", "key")),
    "cmp": Protocol(_cmp, needs=("user", "password", "issuer")),
    "step-ca": Protocol(_step_ca, needs=("user", "key")),
    "vault": Protocol(_vault, needs=("user", "password", "profile")),
    "ejbca": Protocol(_ejbca, needs=("certificate", "key", "issuer", "profile", "entity_profile")),
}

"""One order becomes one certificate: which authority signs it, by which profile.

Whether the asker may have it was decided before. What is looked at again is what this process must not get
wrong even for a caller that is: the request proves its key, and the key is of a kind and size that we sign.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from voltward.adapters.pki.signer.authority_shelf import ShelvedAuthority
from voltward.crypto.issuing.certificate_profiles import CSMS_SERVER, STATION, CertificateProfile
from voltward.crypto.issuing.hierarchy import Family, Role
from voltward.crypto.issuing.issuance import CertificateOrder as Content
from voltward.crypto.issuing.issuance import Pointers, Subject, issue_certificate
from voltward.crypto.keys import PublicKey
from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import read_proven_key
from voltward.crypto.requests.weak_keys import weaknesses_of
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import CertificateKind, CertificateOrder
from voltward.ports.clock import Clock, Entropy

_RSA_BITS: Final = (2048, 8192)
_CURVE_BITS: Final = (224, 521)  # A00.FR.503
_PLACE: Final = "{authority}"
_LONGEST_ID: Final = 200  # characters; ours have some fifty, and the ledger keeps each for ever
_MOST_HOSTS: Final = 250
_LONGEST_HOST: Final = 253
_HOST: Final = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*|[0-9A-Fa-f:.]{2,45}")

_ROLES: Final = {CertificateKind.STATION: Role.STATIONS, CertificateKind.SERVER: Role.CSMS}


class OrderRefused(Exception):
    """This order will never be signed; why, for whoever gave it."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class SigningMeans(Protocol):
    """What signing needs beside order and issuer."""

    @property
    def terms(self) -> SigningTerms: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def entropy(self) -> Entropy: ...


@dataclass(frozen=True, slots=True)
class SigningTerms:
    """What the settings say about our certificates. `{authority}` in a URL becomes the authority's name."""

    station_lifetime: timedelta = STATION.lifetime
    crl_url: str = ""
    ocsp_url: str = ""

    def profile_for(self, kind: CertificateKind) -> CertificateProfile:
        """Ours, with the lifetime of the settings."""
        if kind is CertificateKind.SERVER:
            return CSMS_SERVER
        return _station_profile(self.station_lifetime)

    def pointers_of(self, authority: str) -> Pointers:
        """What certificates of this authority say about revocation."""
        return Pointers(self.crl_url.replace(_PLACE, authority), self.ocsp_url.replace(_PLACE, authority))

    def issuer_for(
        self, kind: CertificateKind, key: PublicKey, active: Sequence[ShelvedAuthority]
    ) -> ShelvedAuthority:
        """The newest of the key's own family, else of the other; OutsideFault where none can sign."""
        role, family = _ROLES[kind], Family.of(key)
        able = [one for one in active if one.role is role and one.key is not None]
        if not able:
            raise OutsideFault(
                f"there is no active {role.value} with a key here.",
                mend="`voltward ca show` tells what there is.",
            )
        return max(able, key=lambda one: (one.family is family, one.generation))


@lru_cache(maxsize=8)  # one for all orders, until the settings change
def _station_profile(lifetime: timedelta) -> CertificateProfile:
    # Begun at most a tenth of its life ago: an hour's certificate is not a day old when it is made.
    return replace(STATION, lifetime=lifetime, backdated=min(STATION.backdated, lifetime / 10))


def public_key_of(csr: bytes) -> PublicKey:
    """The key of a request that proves that its asker has it. OrderRefused says what is wrong.

    Read by the reader that judged it: what a sloppy station was granted is not refused here for its form.
    """
    read = read_proven_key(csr)
    if isinstance(read, CsrProblem):
        raise OrderRefused(f"no request for a certificate: {read.sentence}.")
    key, is_proven = read
    if not is_proven:
        raise OrderRefused("the request does not prove that its asker has the key.")
    if weaknesses := weaknesses_of(key):
        raise OrderRefused(f"its key is weak: {', '.join(weaknesses)}.")
    least, most = _RSA_BITS if isinstance(key, rsa.RSAPublicKey) else _CURVE_BITS
    if not least <= key.key_size <= most:
        raise OrderRefused(f"its key has {key.key_size} bits; {least} to {most} are signed.")
    return key


def sign_order(
    order: CertificateOrder, key: PublicKey, issuer: ShelvedAuthority, means: SigningMeans
) -> x509.Certificate:
    """The certificate: subject and hosts from the order, the rest by profile and settings."""
    hosts = order.hosts if order.kind is CertificateKind.SERVER else ()
    _check_words(order, hosts)
    authority = issuer.issuing
    assert authority is not None
    if key in issuer.keys:
        raise OrderRefused("its key is an authority's.")
    subject = Subject(order.common_name, order.organisation)
    try:
        subject.as_name()
    except ValueError as error:
        raise OrderRefused(f"its subject cannot stand in a certificate: {error}.") from error
    content = Content(subject, key, hosts, means.terms.pointers_of(issuer.name))
    profile = means.terms.profile_for(order.kind)
    return issue_certificate(profile, content, authority, means.clock.now(), means.entropy)


def _check_words(order: CertificateOrder, hosts: Sequence[str]) -> None:
    """What the library signs though nobody should, or what it fails at: neither is an answer."""
    if not 0 < len(order.id) <= _LONGEST_ID:
        raise OrderRefused(f"an order's id has 1 to {_LONGEST_ID} characters.")
    if not order.common_name.isprintable() or not order.organisation.isprintable():
        raise OrderRefused("its subject cannot stand in a certificate: there are control characters in it.")
    if order.kind is CertificateKind.SERVER and not 0 < len(hosts) <= _MOST_HOSTS:
        raise OrderRefused(f"a server's certificate needs a host name, and takes at most {_MOST_HOSTS}.")
    for host in hosts:
        if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
            raise OrderRefused(f"{host[:64]!r} is no host name.")

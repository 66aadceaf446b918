"""Is its proof good, where the proof is a certificate: the certificate and its path, whoever it belongs to.

Signatures and the shape of the path have been checked by the TLS engine; its findings are judged here,
together with what it was told not to decide (time) and what it does not know (key sizes of our own).
No SAN and no extended key usage is asked for (A00.FR.511, A00.FR.514).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from voltward.domain.security_profile import SecurityProfile
from voltward.rulebook.checks.host_names import looks_like_host
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed
from voltward.rulebook.control import Parameters
from voltward.rulebook.observation import CertificateSeen, ChainSeen, ConnectionObservation


def presented(seen: ConnectionObservation, _: Parameters) -> Result:
    """A station that is no longer permitted a password comes with a certificate that can be read."""
    if seen.chain is not None:
        return (
            failed(f"the certificate cannot be read: {seen.chain.unreadable}")
            if seen.chain.unreadable
            else PASSED
        )
    station = seen.station
    if station is None or station.profile is not SecurityProfile.TLS_CERTIFICATE:
        return NOT_APPLICABLE
    if station.permits(SecurityProfile.TLS_BASIC, seen.at):
        return NOT_APPLICABLE
    return failed("no client certificate came, and the station is registered for profile 3")


def trusted_path(seen: ConnectionObservation, _: Parameters) -> Result:
    """The certificate leads, without a finding of the TLS engine, to an authority that is trusted now."""
    chain = seen.chain
    if chain is None:
        return NOT_APPLICABLE
    if chain.problems:
        return failed(f"the certificate's path is not good: {', '.join(chain.problems)}")
    if chain.authority is None or not chain.path or chain.path[0].fingerprint != chain.leaf.fingerprint:
        return failed(f"the certificate of {chain.leaf.issuer[:80]!r} leads to no authority that is trusted")
    retired_at = chain.authority.retired_at
    if retired_at is not None and retired_at <= seen.at:
        return failed(f"the authority {chain.authority.name} is retired")
    return PASSED


def within_validity(seen: ConnectionObservation, _: Parameters) -> Result:
    """Every certificate of the path is within its time, by our clock."""
    if seen.chain is None:
        return NOT_APPLICABLE
    for certificate in _path(seen.chain):
        whose = (
            "the certificate"
            if certificate is seen.chain.leaf
            else f"the authority {certificate.subject[:80]!r}"
        )
        if seen.at > certificate.not_after:
            return failed(f"{whose} expired at {certificate.not_after:%Y-%m-%d %H:%M} UTC")
        if seen.at < certificate.not_before:
            return failed(f"{whose} is valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC only")
    return PASSED


def leaf_is_no_authority(seen: ConnectionObservation, _: Parameters) -> Result:
    """A certificate that may sign others is no station's."""
    if seen.chain is None:
        return NOT_APPLICABLE
    return failed("the certificate is that of an authority (CA:TRUE)") if seen.chain.leaf.is_ca else PASSED


def key_strength(seen: ConnectionObservation, parameters: Parameters) -> Result:
    """Every key of the path is of a listed kind and has at least the bits listed for it."""
    if seen.chain is None:
        return NOT_APPLICABLE
    minimum_bits = parameters["minimum_bits"]
    for certificate in _path(seen.chain):
        key = certificate.key
        least = minimum_bits.get(key.kind)
        if least is None:
            return failed(f"a key of the kind {key.kind} stands in the path of the certificate")
        if key.bits < least:
            return failed(f"an {key.kind} key of {key.bits} bits stands in the path, the least is {least}")
    return PASSED


def signature_hash(seen: ConnectionObservation, parameters: Parameters) -> Result:
    """Every signature below the trusted authority uses a listed hash; its own is not relied on."""
    if seen.chain is None:
        return NOT_APPLICABLE
    path = _path(seen.chain)
    for certificate, issuer in pairwise(path):
        name = certificate.signature_hash
        if name is None and issuer.key.kind in parameters["hash_of_their_own"]:
            continue
        if name not in parameters["hashes"]:
            return failed(f"a signature in the path uses {name or 'an unknown hash'}")
    return PASSED


def name_is_no_host(seen: ConnectionObservation, _: Parameters) -> Result:
    """The common name looks like no host name, URL or address: that is how roles are told apart."""
    if seen.chain is None:
        return NOT_APPLICABLE
    server_name = seen.tls.server_name if seen.tls is not None else None
    for name in seen.chain.leaf.common_names:
        if server_name is not None and name.casefold() == server_name.casefold():
            return failed("the common name is the name of this server")
        if looks_like_host(name):
            return failed(f"the common name {name[:64]!r} looks like the name of a server")
    return PASSED


def _path(chain: ChainSeen) -> Sequence[CertificateSeen]:
    """From the leaf to the authority; the leaf alone where no authority was reached."""
    return chain.path or (chain.leaf,)

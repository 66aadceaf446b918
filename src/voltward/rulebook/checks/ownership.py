"""Whose certificate is it: the station's, by its authority's rule or by a pin; nobody else's; not denied."""

from __future__ import annotations

from voltward.domain.authority import TrustedFor
from voltward.domain.credential import CredentialState
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed, not_observed
from voltward.rulebook.control import Parameters
from voltward.rulebook.observation import ConnectionObservation

_NOT_LOOKED_UP = not_observed("the certificate was not looked up")


def not_denied(seen: ConnectionObservation, _: Parameters) -> Result:
    """The certificate is not on the deny-list, whatever its path says."""
    if seen.chain is None:
        return NOT_APPLICABLE
    if seen.certificate is None:
        return _NOT_LOOKED_UP
    if seen.certificate.denied is None:
        return PASSED
    return failed(f"the certificate is denied: {seen.certificate.denied or 'no reason was given'}")


def in_controllers_list(seen: ConnectionObservation, _: Parameters) -> Result:
    """The certificate of a Local Controller opens the stations in its list, and nothing else (ruling 7)."""
    if seen.chain is None:
        return NOT_APPLICABLE
    if seen.certificate is None:
        return _NOT_LOOKED_UP
    if not seen.certificate.controller:
        return PASSED
    return failed(
        f"the certificate is that of the Local Controller {seen.certificate.controller}, "
        "which does not speak for this station"
    )


def bound_to_station(seen: ConnectionObservation, _: Parameters) -> Result:
    """The certificate names this station by its authority's rule, or is pinned to it (ruling 7).

    Exactly one common name is looked at: with two of them, each reader could see another station.
    """
    chain, station = seen.chain, seen.bearer
    if chain is None or station is None:
        return NOT_APPLICABLE
    if seen.certificate is None:
        return _NOT_LOOKED_UP
    if seen.certificate.pinned and seen.certificate.state is not None:
        return PASSED
    if chain.authority is None:
        return NOT_APPLICABLE  # `trusted_path` has said so
    names = chain.leaf.common_names
    if len(names) != 1:
        return failed(f"the certificate has {len(names)} common names instead of one")
    if chain.authority.binding.names(names[0], identity=station.identity, serial=station.serial):
        return PASSED
    return failed(f"the certificate names {names[0][:64]!r}, which is not this station")


def organisation(seen: ConnectionObservation, _: Parameters) -> Result:
    """One of the organisations in the certificate is the operator's, or one listed for its authority.

    A00.FR.404 says "contains": here a whole O value equals a whole listed name, for a part of a name would
    let "Not Example Ltd" pass for "Example Ltd". A manufacturer's certificate carries the manufacturer's
    name, so it is held against the list of its authority alone, and against nothing if that is empty.
    """
    chain = seen.chain
    if chain is None or chain.authority is None:
        return NOT_APPLICABLE
    accepted = chain.authority.organisations
    if chain.authority.trusted_for is TrustedFor.MANUFACTURERS:
        if not accepted:
            return NOT_APPLICABLE
    else:
        accepted = seen.operator_organisations + accepted
    if any(name in accepted for name in chain.leaf.organisations):
        return PASSED
    found = ", ".join(repr(name[:64]) for name in chain.leaf.organisations[:3]) or "no organisation"
    return failed(
        f"the certificate says {found}, expected was one of {', '.join(accepted) or 'none: none is set'}"
    )


def one_station(seen: ConnectionObservation, _: Parameters) -> Result:
    """The certificate belongs to no other station."""
    if seen.chain is None:
        return NOT_APPLICABLE
    if seen.certificate is None:
        return _NOT_LOOKED_UP
    if seen.certificate.other_station is None:
        return PASSED
    return failed(f"the certificate is that of the station {seen.certificate.other_station}")


def credential_usable(seen: ConnectionObservation, _: Parameters) -> Result:
    """Where this very certificate is on record, its credential is neither retired nor past its end."""
    if seen.certificate is None or seen.certificate.state is None:
        return NOT_APPLICABLE  # not seen before: its path and its name decide
    if seen.certificate.state is CredentialState.RETIRED:
        return failed("the credential of this certificate is retired")
    return PASSED if seen.certificate.usable else failed("the credential of this certificate is past its end")


def not_superseded(seen: ConnectionObservation, _: Parameters) -> Result:
    """The certificate has no proven successor (ruling 25)."""
    if seen.certificate is None or seen.certificate.state is None:
        return NOT_APPLICABLE
    superseded = seen.certificate.state is CredentialState.SUPERSEDED
    return failed("the certificate was replaced by a newer one") if superseded else PASSED


def factory_ended(seen: ConnectionObservation, _: Parameters) -> Result:
    """A manufacturer's certificate is dead once a production credential is proven (ruling 26)."""
    if not _is_factory(seen) or seen.station is None:
        return NOT_APPLICABLE
    if seen.station.has_proven_credential:
        return failed("a manufacturer's certificate came after a production credential was proven")
    return PASSED


def production_certificate(seen: ConnectionObservation, _: Parameters) -> Result:
    """A manufacturer's certificate opens the unproven lane only."""
    if seen.chain is None or seen.chain.authority is None:
        return NOT_APPLICABLE
    if _is_factory(seen):
        return failed(f"the certificate is the manufacturer's ({seen.chain.authority.name})")
    return PASSED


def denied_beside_password(seen: ConnectionObservation, _: Parameters) -> Result:
    """A certificate shown beside the password that decides is not a denied one (ruling 6)."""
    return not_denied(seen, _)


def _is_factory(seen: ConnectionObservation) -> bool:
    authority = seen.chain.authority if seen.chain is not None else None
    return authority is not None and authority.trusted_for is TrustedFor.MANUFACTURERS

"""What the lists of revoked certificates say that other authorities publish (A00.FR.704, A00.FR.705)."""

from __future__ import annotations

from voltward.domain.revocation_list import OnStale
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed
from voltward.rulebook.control import Parameters
from voltward.rulebook.observation import ConnectionObservation


def not_listed(seen: ConnectionObservation, _: Parameters) -> Result:
    """The certificate below the authority does not stand on its list, nor the authority on the one above.

    A list that is stale goes on being true in what it says was revoked.
    """
    listed = seen.certificate.listed if seen.certificate is not None else None
    if seen.chain is None or seen.chain.authority is None or listed is None:
        return NOT_APPLICABLE
    if listed.authority_revoked:
        return failed(f"the authority {seen.chain.authority.name} was revoked by the one above it")
    if listed.revoked:
        return failed(f"the certificate was revoked by its authority {seen.chain.authority.name}")
    return PASSED if listed.until is not None else NOT_APPLICABLE  # `fresh_list` says what is missing


def fresh_list(seen: ConnectionObservation, _: Parameters) -> Result:
    """The authority's list is there and not over, where the operator wants nobody admitted otherwise."""
    listed = seen.certificate.listed if seen.certificate is not None else None
    if seen.chain is None or seen.chain.authority is None or listed is None:
        return NOT_APPLICABLE
    rule = seen.chain.authority.revocation_list
    if rule is None or rule.on_stale is OnStale.ADMIT:
        return NOT_APPLICABLE
    if listed.until is None:
        return failed(f"no list of revoked certificates of {seen.chain.authority.name} was taken yet")
    if seen.at > listed.until:
        return failed(
            f"the list of revoked certificates of {seen.chain.authority.name} "
            f"ended at {listed.until:%Y-%m-%d %H:%M} UTC"
        )
    return PASSED

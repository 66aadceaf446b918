"""Is its proof good, where the proof is a password.

The comparison itself has been made by whoever observed; here its result is judged.
"""

from __future__ import annotations

from voltward.domain.credential import CredentialState, Purpose
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed, not_observed
from voltward.rulebook.control import Parameters
from voltward.rulebook.observation import (
    AuthorizationForm,
    ConnectionObservation,
    PasswordOutcome,
    PasswordSeen,
)


def credential_presented(seen: ConnectionObservation, _: Parameters) -> Result:
    """A password or a certificate came: an identifier alone opens nothing."""
    if seen.profile_used is not None:
        return PASSED
    if seen.request.authorization is AuthorizationForm.NONE:
        return failed("neither a password nor a certificate came")
    return failed("no certificate came, and no usable password")


def well_formed_header(seen: ConnectionObservation, _: Parameters) -> Result:
    """An Authorization header, where one came, is one Basic header that can be read in one way only."""
    request = seen.request
    if request.authorization is AuthorizationForm.MALFORMED:
        return failed(
            f"the Authorization header cannot be read ({request.authorization_problem or 'malformed'})"
        )
    if request.authorization is AuthorizationForm.OTHER_SCHEME:
        return failed("the Authorization header has another scheme than Basic")
    return PASSED


def password_verified(seen: ConnectionObservation, _: Parameters) -> Result:
    """The password was really compared; over the limit of costly comparisons it was not (ruling 10)."""
    password = _matched_or_not(seen)
    if password is None:
        return NOT_APPLICABLE
    if password.outcome is PasswordOutcome.UNVERIFIED:
        return failed("too many attempts: the password was not looked at")
    return PASSED


def password_right(seen: ConnectionObservation, _: Parameters) -> Result:
    """The password is one of the station's. Nothing but a match passes."""
    if seen.station is None or seen.request.authorization is not AuthorizationForm.BASIC:
        return NOT_APPLICABLE
    if seen.password is None or seen.password.outcome is PasswordOutcome.UNVERIFIED:
        return not_observed("the password was not compared")
    if seen.password.outcome is PasswordOutcome.MATCHED:
        return PASSED
    return failed("the password is none of this station's")


def password_usable(seen: ConnectionObservation, _: Parameters) -> Result:
    """The password that matched is neither retired nor past its end."""
    password = _matched(seen)
    if password is None:
        return NOT_APPLICABLE
    if password.state is None or password.purpose is None:
        return not_observed("nothing is known about the password that matched")
    if password.state is CredentialState.RETIRED:
        return failed("the password that matched is retired")
    return PASSED if password.usable else failed("the password that matched is past its end")


def password_not_superseded(seen: ConnectionObservation, _: Parameters) -> Result:
    """The password that matched has no proven successor (ruling 24)."""
    password = _matched(seen)
    if password is None:
        return NOT_APPLICABLE
    superseded = password.state is CredentialState.SUPERSEDED
    return failed("the password that matched was replaced by a newer one") if superseded else PASSED


def password_length(seen: ConnectionObservation, _: Parameters) -> Result:
    """The password that matched is not shorter than the dialect asks for.

    A longer one than the dialect knows weakens nothing and is no failure.
    """
    password = _matched(seen)
    if password is None:
        return NOT_APPLICABLE
    if password.minimum <= 0:
        return not_observed("the least length was not handed in")
    if password.length >= password.minimum:
        return PASSED
    return failed(f"the password has {password.length} octets, the least is {password.minimum}")


def no_default(seen: ConnectionObservation, _: Parameters) -> Result:
    """The password that matched is none that stations are shipped with (field note 5)."""
    password = _matched(seen)
    if password is None:
        return NOT_APPLICABLE
    return failed(f"the password is {password.default_of}") if password.default_of else PASSED


def own_password(seen: ConnectionObservation, _: Parameters) -> Result:
    """No other station has the password that matched (field note 6)."""
    password = _matched(seen)
    if password is None:
        return NOT_APPLICABLE
    return failed("another station has the same password") if password.shared else PASSED


def commissioning_ended(seen: ConnectionObservation, _: Parameters) -> Result:
    """A commissioning password is dead once a production credential is proven (ruling 26)."""
    password = _matched(seen)
    if password is None or seen.station is None or password.purpose is not Purpose.COMMISSIONING:
        return NOT_APPLICABLE
    if seen.station.has_proven_credential:
        return failed("a commissioning password came after a production credential was proven")
    return PASSED


def production_password(seen: ConnectionObservation, _: Parameters) -> Result:
    """A commissioning password opens the unproven lane only."""
    password = _matched(seen)
    if password is None:
        return NOT_APPLICABLE
    if password.purpose is Purpose.COMMISSIONING:
        return failed("the station came with its commissioning password")
    return PASSED


def _matched_or_not(seen: ConnectionObservation) -> PasswordSeen | None:
    return seen.password if seen.request.authorization is AuthorizationForm.BASIC else None


def _matched(seen: ConnectionObservation) -> PasswordSeen | None:
    """The password if it matched; otherwise `password_right` has said all there is to say."""
    password = _matched_or_not(seen)
    if password is not None and password.outcome is PasswordOutcome.MATCHED:
        return password
    return None

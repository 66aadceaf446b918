"""Who does it say it is: the identity in the path, in the registry, and in the Basic header."""

from __future__ import annotations

from voltward.domain.quirk import Quirk
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed, not_observed
from voltward.rulebook.control import Parameters
from voltward.rulebook.observation import AuthorizationForm, ConnectionObservation

_PROBLEMS = {
    "no-match": "the path does not fit the route",
    "empty": "the path ends where the identity should stand",
    "too-long": "the identity in the path is too long",
    "bad-character": "the identity in the path has a character that none may have",
    "bad-encoding": "the percent-encoding in the path is broken",
}


def path_identity(seen: ConnectionObservation, _: Parameters) -> Result:
    """The path carries exactly one well formed identity."""
    request = seen.request
    if request.identity_problem:
        return failed(_PROBLEMS.get(request.identity_problem, request.identity_problem))
    return PASSED if request.identity else failed("the path carries no identity")


def letter_case(seen: ConnectionObservation, _: Parameters) -> Result:
    """The identity is not one that is registered in other letters (ruling 32)."""
    if seen.collides_with is None:
        return PASSED
    return failed(f"the registered station is {seen.collides_with}; letter case counts")


def registered(seen: ConnectionObservation, _: Parameters) -> Result:
    """The identity is that of a station in the registry."""
    if seen.station is None:
        return failed("no station of this identity is registered")
    if seen.station.identity != seen.request.identity:
        return failed(
            "the record that was looked up is another station's"
        )  # a bug of ours must not let anybody in
    return PASSED


def written_plainly(seen: ConnectionObservation, _: Parameters) -> Result:
    """The request is written as the route asks, or a quirk that holds covers what is odd about it."""
    odd = [quirk for quirk in seen.request.oddities if quirk is not Quirk.NO_CONNECTION_UPGRADE]
    if not odd:
        return PASSED
    return failed(f"{', '.join(odd)}: no quirk of that name holds for this station")


def basic_user(seen: ConnectionObservation, _: Parameters) -> Result:
    """The user in a Basic header, where one came, is the identity; also beside a certificate."""
    if seen.request.authorization is not AuthorizationForm.BASIC:
        return NOT_APPLICABLE
    if seen.request.user_matches is None:
        return not_observed("the user of the Basic header was not compared")
    return PASSED if seen.request.user_matches else failed("the user in the Basic header is not the identity")

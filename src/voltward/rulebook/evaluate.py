"""From an observation to verdicts. No I/O, no clock, nothing decided: that is `domain.enforcement`'s part.

Everything that does not depend on the observation is settled when the evaluator is made (ruling 35): which
controls stand for which profile, their functions, and the verdict of a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from voltward.domain.finding import Outcome, Verdict
from voltward.domain.security_profile import SecurityProfile
from voltward.rulebook.catalogue import Rulebook
from voltward.rulebook.checks import BOOT_CHECKS, CONNECTION_CHECKS, SIGNING_CHECKS, ConnectionCheck
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result
from voltward.rulebook.control import Control, Moment, Parameters
from voltward.rulebook.observation import BootObservation, ConnectionObservation
from voltward.rulebook.signing_observation import SigningRequestObservation

Seen = TypeVar("Seen")


class _ConnectionStep(NamedTuple):
    check: ConnectionCheck
    parameters: Parameters
    control: str
    passed: Verdict


class _Step(NamedTuple, Generic[Seen]):
    check: Callable[[Seen, Parameters], Result]
    parameters: Parameters
    control: str


class Evaluator:
    """Asks every control of a moment, in the rulebook's order.

    Controls that do not apply are left out of the answer: it holds what passed, failed, or was not observed.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        connection = rulebook.for_moment(Moment.CONNECTION)
        self._connection = {
            profile: tuple(_connection_step(control) for control in connection if profile in control.profiles)
            for profile in SecurityProfile
        }
        self._boot = tuple(
            _Step(BOOT_CHECKS[control.check], control.parameters, control.id)
            for control in rulebook.for_moment(Moment.BOOT)
        )
        self._signing = tuple(
            _Step(SIGNING_CHECKS[control.check].function, control.parameters, control.id)
            for control in rulebook.for_moment(Moment.CERTIFICATE)
        )

    def connection(self, seen: ConnectionObservation) -> tuple[Verdict, ...]:
        """The verdicts on a station that asks to come in. Hot: once per handshake."""
        verdicts: list[Verdict] = []
        for check, parameters, control, passed in self._connection[judged_profile(seen)]:
            result = check(seen, parameters)
            if result is PASSED:
                verdicts.append(passed)
            elif result is not NOT_APPLICABLE:
                verdicts.append(Verdict(control, result.outcome, result.detail))
        return tuple(verdicts)

    def boot(self, seen: BootObservation) -> tuple[Verdict, ...]:
        """The verdicts on what a station says about itself."""
        return _asked(self._boot, seen)

    def signing_request(self, seen: SigningRequestObservation) -> tuple[Verdict, ...]:
        """The verdicts on a request for a certificate, and on who sent it."""
        return _asked(self._signing, seen)


def judged_profile(seen: ConnectionObservation) -> SecurityProfile:
    """The profile under which a connection is judged: the one used, or else the one it should have used.

    A station that shows no proof at all is judged by its record; an unknown one by the way that it came.
    """
    used = seen.profile_used
    if used is not None:
        return used
    if seen.tls is None:
        return SecurityProfile.UNSECURED_BASIC
    if seen.station is not None and seen.station.profile is SecurityProfile.TLS_CERTIFICATE:
        return SecurityProfile.TLS_CERTIFICATE
    return SecurityProfile.TLS_BASIC


def _asked(steps: Iterable[_Step[Seen]], seen: Seen) -> tuple[Verdict, ...]:
    results = ((step.control, step.check(seen, step.parameters)) for step in steps)
    return tuple(
        Verdict(control, result.outcome, result.detail)
        for control, result in results
        if result is not NOT_APPLICABLE
    )


def _connection_step(control: Control) -> _ConnectionStep:
    return _ConnectionStep(
        CONNECTION_CHECKS[control.check].function,
        control.parameters,
        control.id,
        Verdict(control.id, Outcome.PASS),
    )

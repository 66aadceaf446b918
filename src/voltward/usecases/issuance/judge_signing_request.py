"""A station asks for a certificate: is the request granted, and what is there to say about it?

Pure: what was read is in the request, what is known in the ground. The rulebook gives the verdicts (moment
`certificate`), the group's policy and the station's dated exceptions weigh them, as at the door. Groups that
are only observed are judged like all others: a certificate once issued is good everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import SigningRequest
from voltward.domain.authority import Binding
from voltward.domain.enforcement import Action, Answer, decide
from voltward.domain.events import FactValue
from voltward.domain.station import Lane
from voltward.domain.station_entry import StationEntry
from voltward.rulebook.signing_observation import KeyKnown, SigningRequestObservation
from voltward.usecases.admission.admit_station import DoorRules

# The test tool sends requests that are not in order and expects Accepted all the same (field note 29). In the
# conformance mode a request may be *answered* so despite these: form and names, never a key that is no good.
# Nothing is issued for it.
ANSWERED_IN_CONFORMANCE: Final = frozenset(
    {"CSR-01", "CSR-02", "CSR-04", "CSR-07", "CSR-08", "CSR-09", "CSR-10"}
)

MOST_TOLD: Final = 16  # names in the line of a request


@dataclass(frozen=True, slots=True)
class RequestGround:
    """What is known of whoever asks, and of the key that it asks with (None: nobody has looked)."""

    entry: StationEntry
    binding: Binding  # of the authority that would issue
    organisations: tuple[str, ...]  # the operator's name, and those it lists beside
    known: KeyKnown | None
    own_hosts: tuple[str, ...] = ()  # names under which stations reach us


@dataclass(frozen=True, slots=True)
class RequestProblem:
    """A control that the request failed: does that refuse it, or is it told only?"""

    control: str
    refuses: bool
    sentence: str
    mend: str


@dataclass(frozen=True, slots=True)
class RequestDecision:
    """Granted, or not. `problems` in the rulebook's order; `excepted` cost less by a dated exception."""

    granted: bool
    problems: tuple[RequestProblem, ...]
    excepted: tuple[str, ...] = ()

    @property
    def deciding(self) -> RequestProblem | None:
        """The first problem that refuses."""
        return next((problem for problem in self.problems if problem.refuses), None)

    @property
    def answered_in_conformance(self) -> bool:
        """Whether a conformance mode answers Accepted, granted or not."""
        return all(p.control in ANSWERED_IN_CONFORMANCE for p in self.problems if p.refuses)


def judge_signing_request(
    request: SigningRequest | CsrProblem, ground: RequestGround, rules: DoorRules, now: datetime
) -> RequestDecision:
    """Grant or refuse. What the request asks beyond its profile refuses nothing: it is ignored, and told."""
    weighing = rules.weighing(ground.entry, Lane.UNPROVEN)
    verdicts = rules.evaluator.signing_request(_observation(request, ground))
    decision = decide(verdicts, weighing, now)
    own_mend = request.mend if isinstance(request, CsrProblem) else ""
    problems = tuple(
        RequestProblem(
            control=verdict.control,
            refuses=weighing.action_for(verdict.control, now)[0] is not Action.RECORD,
            sentence=verdict.detail,
            mend=own_mend or rules.rulebook.by_id[verdict.control].remedy,
        )
        for verdict in decision.failed
    )
    granted = decision.answer is Answer.ADMIT and isinstance(request, SigningRequest)
    return RequestDecision(granted, problems, decision.excepted)


def request_facts(request: SigningRequest | CsrProblem, decision: RequestDecision) -> dict[str, FactValue]:
    """What the one canonical line of a request tells: what was asked, and what was made of it."""
    deciding = decision.deciding
    facts: dict[str, FactValue] = {
        "granted": decision.granted,
        "control": deciding.control if deciding else None,
        "reason": deciding.sentence if deciding else None,
        "failed": tuple(problem.control for problem in decision.problems),
        "excepted": decision.excepted,
    }
    if isinstance(request, CsrProblem):
        return facts | {"fault": request.fault.value}
    seen = request.seen
    return facts | {
        "key": seen.key_fingerprint.hex(),
        "key_kind": seen.key.curve or seen.key.kind,
        "key_bits": seen.key.bits,
        "request_subject": seen.subject,
        "signature": seen.signature,
        "asked_beyond": seen.asked_beyond[:MOST_TOLD],
        "alternative_names": seen.alternative_names[:MOST_TOLD],
        "oddities": seen.oddities,
    }


def _observation(request: SigningRequest | CsrProblem, ground: RequestGround) -> SigningRequestObservation:
    station = ground.entry.station
    is_read = isinstance(request, SigningRequest)
    return SigningRequestObservation(
        identity=station.id.identity,
        serial=station.serial,
        binding=ground.binding,
        organisations=ground.organisations,
        request=request.seen if is_read else None,
        unreadable="" if is_read else request.sentence,
        known=ground.known,
        own_hosts=ground.own_hosts,
    )

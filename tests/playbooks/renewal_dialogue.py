"""A renewal as one end of a dialogue: facts by name, effects as short words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from tests.fakes.clock import NOON
from tests.playbooks.dialogue import Dialogue, Fact
from voltward.domain.complaint import Complaint
from voltward.domain.intents import IntentAnswer, Outcome
from voltward.domain.station import StationId
from voltward.domain.station_fact import Complained
from voltward.lifecycles.answers import answer_fact
from voltward.lifecycles.certificate_renewal import RENEWAL
from voltward.lifecycles.effects import (
    AskStation,
    AwaitCertificate,
    BeginUpgrade,
    DiscardCertificate,
    IssueCertificate,
    OfferCertificate,
    Record,
    RememberForm,
    SupersedeCertificate,
    TellOperator,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.renewal_state import (
    Begun,
    CameWith,
    CertificateIssued,
    CertificateProven,
    CsrTaken,
    OfferedForm,
    Renewal,
    RenewalOrigin,
    RenewalPhase,
)

OLD, NEW, NEWER = b"old", b"new", b"newer"
FORMS = (OfferedForm("without root"), OfferedForm("with root"))
YEAR = timedelta(days=365)


class Play:
    """The machine with its state; who talks to it reads `state` too."""

    def __init__(self, state: Renewal) -> None:
        self.state = state

    def tell(self, fact: object, now: float) -> Iterator[str]:
        step = RENEWAL.step(self.state, fact, NOON + timedelta(seconds=now))
        self.state = step.state
        # All at once, so that whoever looks at the state sees it after the step.
        return iter([words for effect in step.effects if (words := _words(effect, now))])


def renewal(**changes: object) -> Dialogue[Play]:
    """An operator's; the station comes in with OLD, and has to be told the organisation."""
    ordinary: dict[str, object] = {
        "origin": RenewalOrigin.OPERATOR,
        "organisation": "Volt",
        "predecessor": OLD,
        "predecessor_until": NOON + timedelta(days=30),
    }
    return Dialogue(Play(Renewal(NOON, **{**ordinary, **changes})))  # pyright: ignore[reportArgumentType]


def fact(what: object) -> Fact[Play]:
    return lambda play, now: play.tell(what, now)


def answer(outcome: Outcome, words: str = "") -> Fact[Play]:
    return fact(answer_fact(IntentAnswer(outcome, words)))


def csr(key: bytes = b"key 1") -> Fact[Play]:
    return fact(CsrTaken(b"csr", key))


def fetching(key: bytes = b"key 1") -> Fact[Play]:
    """At the enrolment door."""
    return fact(CsrTaken(b"csr", key, fetches=True))


def issued(
    fingerprint: bytes = NEW, attempt: int = 1, forms: tuple[OfferedForm, ...] = FORMS, root: str = ""
) -> Fact[Play]:
    return fact(CertificateIssued(attempt, fingerprint, NOON + YEAR, forms, root))


def _words(effect: object, now: float) -> str:
    return _WORDS[type(effect)](effect, now)


def _wake(effect: WakeAt, now: float) -> str:
    return "" if effect.at is None else f"wake in {effect.at - NOON - timedelta(seconds=now)}"


_WORDS: dict[type, Callable[..., str]] = {
    AskStation: lambda e, _now: f"ask {type(e.intent).__name__}",
    OfferCertificate: lambda e, _now: f"offer {e.form}",
    WithdrawAsks: lambda _e, _now: "withdraw",
    IssueCertificate: lambda e, _now: f"issue {e.attempt}",
    AwaitCertificate: lambda e, _now: f"await {e.fingerprint.decode()}",
    SupersedeCertificate: lambda e, _now: f"supersede {e.fingerprint.decode()}",
    DiscardCertificate: lambda e, _now: f"discard {e.fingerprint.decode()}",
    WakeAt: _wake,
    Record: lambda e, _now: f"record {e.kind}",
    TellOperator: lambda e, _now: f"tell: {e.what}",
    BeginUpgrade: lambda e, _now: f"lead to profile {int(e.profile)}",
    RememberForm: lambda e, _now: f"remember {e.form} {'worked' if e.worked else 'failed'}",
}


HOUR, DAY = 3600, 86400
ACCEPTED, REJECTED = answer(Outcome.ACCEPTED), answer(Outcome.REJECTED, "no")
SILENT, LINK_LOST = answer(Outcome.SILENT), answer(Outcome.LINK_LOST)
TIME_CAME, BEGUN = fact(TimeCame()), fact(Begun())


def proven(fingerprint: bytes) -> Fact[Play]:
    return fact(CertificateProven(fingerprint))


def came(fingerprint: bytes | None) -> Fact[Play]:
    return fact(CameWith(fingerprint))


def asked(**changes: object) -> Dialogue[Play]:
    """Until the station is asked for a request."""
    return renewal(organisation="", **changes) >> BEGUN << "ask ReadFacts" >> REJECTED << "ask RequestCsr"


def ordered(**changes: object) -> Dialogue[Play]:
    """Until its request is at the authority."""
    return asked(**changes) >> csr() << "withdraw" << "issue 1"


def installing(**changes: object) -> Dialogue[Play]:
    """Until the station is handed its certificate."""
    return ordered(**changes) >> issued() << "await new" << "offer without root"


def unproven(**changes: object) -> Dialogue[Play]:
    """Until it says that it took it."""
    return installing(**changes) >> ACCEPTED << "wake in 1 day, 0:00:00"


def reports(complaint: Complaint, words: str = "") -> Fact[Play]:
    """A security event."""
    return fact(Complained(StationId("CP001"), NOON, complaint, words))


def phase(dialogue: Dialogue[Play]) -> RenewalPhase:
    return dialogue.machine.state.phase

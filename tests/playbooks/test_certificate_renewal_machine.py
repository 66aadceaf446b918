"""Every interleaving of answers, silence, reconnects, restarts and failures of an authority.

A small station and a small door stand beside the machine: what the station holds is the truth, what it says
is not. Whatever happens, it can get in with what it holds; nothing is issued twice; nothing that it may hold
is ever denied, and so nothing denied gets in.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.fakes.clock import NOON
from tests.playbooks.renewal_dialogue import FORMS, OLD, YEAR
from voltward.adapters.value_form import packed, unpacked
from voltward.domain.complaint import Complaint
from voltward.domain.intents import InstallCertificate, Intent, IntentAnswer, Outcome
from voltward.domain.station import StationId
from voltward.domain.station_fact import Complained
from voltward.lifecycles.answers import answer_fact
from voltward.lifecycles.certificate_renewal import FINAL, RENEWAL
from voltward.lifecycles.effects import (
    AskStation,
    AwaitCertificate,
    Cancelled,
    DiscardCertificate,
    IssueCertificate,
    OfferCertificate,
    SupersedeCertificate,
    TellOperator,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.renewal_state import (
    AuthorityDeclined,
    AuthorityDelayed,
    Begun,
    CameWith,
    CertificateIssued,
    CertificateProven,
    CsrTaken,
    CsrUnfit,
    Renewal,
    RenewalOrigin,
    RenewalPhase,
    TriedAgain,
)

NOS = (Outcome.REJECTED, Outcome.UNSUPPORTED, Outcome.ERROR)
LOST = (Outcome.SILENT, Outcome.LINK_LOST)


class RenewalMachine(RuleBasedStateMachine):
    """`held` is what the station really has, `pending` the key of its last request."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOON
        self.state = Renewal(NOON, RenewalOrigin.OPERATOR, organisation="Volt", predecessor=OLD)
        self.ask: Intent | None = None
        self.wake: datetime | None = None
        self.orders: list[int] = []
        self.certificates: dict[int, bytes] = {}  # by attempt
        self.keys: dict[int, bytes] = {}
        self.requests = 0
        self.pending: bytes | None = None
        self.held: list[bytes] = [OLD]
        self.awaited: set[bytes] = {OLD}
        self.superseded: set[bytes] = set()
        self.denied: set[bytes] = set()
        self.told = 0
        self.tell(Begun())

    def tell(self, fact: object) -> None:
        step = RENEWAL.step(self.state, fact, self.now)
        self.state = step.state
        for effect in step.effects:
            self.carry_out(effect)
        if self.state.phase in FINAL:
            self.wake = None

    def carry_out(self, effect: object) -> None:
        match effect:
            case AskStation(intent=intent):
                self.ask = intent
            case OfferCertificate(fingerprint=fingerprint, form=form):
                assert fingerprint == self.state.issued
                self.ask = InstallCertificate(form)
            case WithdrawAsks():
                self.ask = None
            case WakeAt(at=at):
                self.wake = at
            case IssueCertificate(attempt=attempt):
                assert attempt not in self.orders, "ordered twice"
                self.orders.append(attempt)
                self.keys[attempt] = self.state.key
            case AwaitCertificate(fingerprint=fingerprint):
                self.awaited.add(fingerprint)
            case SupersedeCertificate(fingerprint=fingerprint):
                self.superseded.add(fingerprint)
            case DiscardCertificate(fingerprint=fingerprint):
                self.denied.add(fingerprint)
            case TellOperator(what=what, mend=mend):
                assert what
                assert mend
                self.told += 1
            case _:
                pass

    @property
    def is_open(self) -> bool:
        return self.state.phase not in FINAL

    def take_in(self) -> bool:
        """The station gets the certificate that lies before it, if it is for its pending key."""
        if not isinstance(self.ask, InstallCertificate) or self.state.issued is None:
            return False
        if self.keys[self.state.attempt] != self.pending or self.state.issued in self.held:
            return False
        self.held.append(self.state.issued)
        return True

    def answer(self, outcome: Outcome) -> None:
        self.ask = None
        self.tell(answer_fact(IntentAnswer(outcome)))

    @precondition(lambda self: self.ask is not None)
    @rule()
    def does_it_and_says_so(self) -> None:
        self.take_in()
        self.answer(Outcome.ACCEPTED)

    @precondition(lambda self: self.ask is not None and not isinstance(self.ask, InstallCertificate))
    @rule()
    def says_so_and_does_nothing(self) -> None:
        self.answer(Outcome.ACCEPTED)

    @precondition(lambda self: isinstance(self.ask, InstallCertificate))
    @rule()
    def says_that_it_took_it_and_forgets_it(self) -> None:
        self.answer(Outcome.ACCEPTED)

    @precondition(lambda self: self.ask is not None)
    @rule(outcome=st.sampled_from(NOS))
    def refuses(self, outcome: Outcome) -> None:
        self.answer(outcome)

    @precondition(lambda self: self.ask is not None)
    @rule(outcome=st.sampled_from(LOST), did_it=st.booleans())
    def is_lost_halfway(self, outcome: Outcome, did_it: bool) -> None:
        if did_it:
            self.take_in()
        self.answer(outcome)

    @precondition(lambda self: self.ask is not None)
    @rule()
    def is_not_there(self) -> None:
        self.answer(Outcome.EXPIRED)

    @precondition(lambda self: self.is_open)
    @rule(fetches=st.booleans())
    def sends_a_request(self, fetches: bool) -> None:
        self.requests += 1
        self.pending = f"key {self.requests}".encode()
        self.tell(CsrTaken(b"csr", self.pending, fetches=fetches))

    @precondition(lambda self: self.is_open and self.state.fetches and self.state.issued in self.awaited)
    @rule()
    def fetches_its_certificate(self) -> None:
        assert self.state.issued is not None
        self.held.append(self.state.issued)

    @precondition(lambda self: self.is_open and self.pending is not None)
    @rule()
    def sends_its_request_again(self) -> None:
        self.tell(CsrTaken(b"csr", self.pending or b""))

    @precondition(lambda self: self.is_open)
    @rule()
    def sends_what_must_not_be_signed(self) -> None:
        self.tell(CsrUnfit("its key is another's"))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def the_authority_signs(self, data: st.DataObject) -> None:
        attempt = data.draw(st.sampled_from(self.orders))
        fingerprint = self.certificates.setdefault(attempt, f"certificate {attempt}".encode())
        if not self.is_open:
            self.denied.add(fingerprint) if fingerprint not in self.awaited else None
            return
        self.tell(CertificateIssued(attempt, fingerprint, self.now + YEAR, FORMS, "ROOT"))

    @precondition(lambda self: self.is_open and self.orders)
    @rule(data=st.data(), declines=st.booleans())
    def the_authority_does_not(self, data: st.DataObject, declines: bool) -> None:
        attempt = data.draw(st.sampled_from(self.orders))
        if attempt not in self.certificates:
            self.tell(
                AuthorityDeclined(attempt, "no") if declines else AuthorityDelayed("away", "Look at it")
            )

    @rule(data=st.data(), proves=st.booleans())
    def comes_back(self, data: st.DataObject, proves: bool) -> None:
        fingerprint = data.draw(st.sampled_from(self.held))
        assert fingerprint not in self.denied
        self.tell(CameWith(fingerprint))
        if proves:
            self.tell(CertificateProven(fingerprint))

    @precondition(lambda self: self.is_open and RENEWAL.takes(self.state.phase, Complained))
    @rule(complaint=st.sampled_from(Complaint), keeps_it=st.booleans())
    def reports(self, complaint: Complaint, keeps_it: bool) -> None:
        """Whatever is true of it: it may hold what it says that it has thrown away."""
        if not keeps_it and self.state.issued in self.held and not self.state.came_with_new:
            self.held.remove(self.state.issued)
        self.tell(Complained(StationId("CP001"), self.now, complaint))

    @rule()
    def forgets_its_request_in_a_reboot(self) -> None:
        self.pending = None

    @rule()
    def the_worker_is_started_again(self) -> None:
        self.state = unpacked(packed(self.state), Renewal)

    @precondition(lambda self: self.wake is not None)
    @rule()
    def time_comes(self) -> None:
        assert self.wake is not None
        self.now = max(self.now, self.wake)
        self.wake = None
        self.tell(TimeCame())

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        later = self.now + timedelta(hours=hours)
        self.now = later if self.wake is None else min(later, self.wake)

    @precondition(lambda self: self.is_open)
    @rule(again=st.integers(0, 9))
    def an_operator_steps_in(self, again: int) -> None:
        self.tell(TriedAgain("ann") if again else Cancelled("ann"))

    @invariant()
    def it_can_get_in_with_all_that_it_holds(self) -> None:
        assert not self.denied & set(self.held)
        assert set(self.held) <= self.awaited

    @invariant()
    def its_newest_is_never_superseded(self) -> None:
        assert self.held[-1] not in self.superseded or self.state.phase is RenewalPhase.DONE

    @invariant()
    def nothing_waits_for_nobody(self) -> None:
        if self.state.phase in FINAL or self.state.phase is RenewalPhase.ISSUING:
            return
        assert self.ask is not None or self.wake is not None, self.state.phase

    @invariant()
    def what_is_stuck_has_words(self) -> None:
        if self.state.phase is RenewalPhase.STUCK:
            assert self.state.problem
            assert self.state.mend
            assert self.told


TestRenewal = RenewalMachine.TestCase
TestRenewal.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)

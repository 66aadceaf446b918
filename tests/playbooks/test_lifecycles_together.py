"""All life-cycles of a station at once, with every interleaving of what may happen to them.

Renewal during a rotation, a profile that is raised during a renewal, revocations in the middle, answers that
are lost, late, or belong to a question that was put before; authorities that are slow, away, or refuse. After
each: it can get in with something that it holds, and believes the chain that it is shown; nothing is ordered
twice; nothing revoked is good for anything; and when all faults are over, all of it ends or says what to do.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.playbooks.device_model import NO, P3, UNKNOWN, Firmware
from tests.playbooks.field_model import Asked, begun
from tests.playbooks.renewal_dialogue import YEAR
from tests.playbooks.test_trust_rollover import CROSSED, NEW, OLD
from voltward.domain.intents import InstallCertificate, IntentAnswer, Outcome
from voltward.lifecycles.effects import Cancelled, TimeCame
from voltward.lifecycles.machines import MACHINES
from voltward.lifecycles.renewal_state import (
    AuthorityDeclined,
    AuthorityDelayed,
    CertificateIssued,
    CsrTaken,
    CsrUnfit,
    OfferedForm,
    RenewalOrigin,
    RenewalPhase,
)
from voltward.lifecycles.rollover_state import (
    PauseWanted,
    RemovalWanted,
    ResumeWanted,
    RolloverPhase,
    RolloverWanted,
)
from voltward.lifecycles.upgrade_state import UpgradePhase

FIRMWARES = st.builds(
    Firmware, takes_words=st.booleans(), checks_roots=st.booleans(), forgets_request=st.booleans()
)
RESTING = frozenset({RenewalPhase.STUCK, UpgradePhase.STUCK, RolloverPhase.READY, RolloverPhase.HELD_BACK})
LATER = timedelta(hours=1)
LOST = (Outcome.SILENT, Outcome.LINK_LOST)


class TogetherMachine(RuleBasedStateMachine):
    """`field` is all there is; a rule is one thing that happens in it."""

    def __init__(self) -> None:
        super().__init__()
        self.field = begun(Firmware(), has_certificate=True)
        self.requests = 0

    @initialize(firmware=FIRMWARES, has_certificate=st.booleans())
    def a_station(self, firmware: Firmware, has_certificate: bool) -> None:
        self.field = begun(firmware, has_certificate=has_certificate)

    # ------------------------------------------------------------------------------- the worker

    @rule(count=st.integers(1, 5))
    def the_worker_hears(self, count: int) -> None:
        for _ in range(count):
            self.field.hear()

    @precondition(lambda self: self.field.wakes)
    @rule(data=st.data())
    def a_time_comes(self, data: st.DataObject) -> None:
        self.field.wake(data.draw(st.sampled_from(sorted(self.field.wakes))))
        while self.field.hear():
            pass

    @rule(hours=st.integers(-30, 200))
    def the_clock_jumps(self, hours: int) -> None:
        self.field.now += hours * LATER

    @precondition(lambda self: any(one.expires <= self.field.now for one in self.field.asks))
    @rule()
    def what_nobody_took_runs_out(self) -> None:
        late = [one for one in self.field.asks if one.expires <= self.field.now]
        self.field.inbox.appendleft(("answer", (late[0], IntentAnswer(Outcome.EXPIRED))))
        self.field.hear()

    # ------------------------------------------------------------------------------- orders

    @rule(is_first=st.booleans())
    def a_renewal_is_wanted(self, is_first: bool) -> None:
        self.field.renew(origin=RenewalOrigin.COMMISSIONING if is_first else RenewalOrigin.OPERATOR)

    @rule()
    def a_profile_is_wanted(self) -> None:
        """Where there is a certificate, and the floor is lower."""
        if self.field.holds_certificate() and self.field.record.floor < P3:
            self.field.raise_profile()

    @precondition(lambda self: self.field.open)
    @rule(data=st.data())
    def one_is_ended(self, data: st.DataObject) -> None:
        self.field.step(data.draw(st.sampled_from(sorted(self.field.open))), Cancelled("ann"))

    @precondition(lambda self: self.field.certificates)
    @rule(data=st.data())
    def one_is_revoked(self, data: st.DataObject) -> None:
        """Not the only way in of a live station: who orders that is told, and wants it."""
        certificate = data.draw(st.sampled_from(sorted(self.field.certificates)))
        could = self.field.can_get_in()
        self.field.revoked.add(certificate)
        cuts = could and not self.field.can_get_in()
        self.field.revoked.discard(certificate)
        if not cuts:
            self.field.revoke(certificate)

    @rule(order=st.sampled_from([RolloverWanted(), PauseWanted(), ResumeWanted()]))
    def the_next_root_is_wanted(self, order: object) -> None:
        if isinstance(order, RolloverWanted) or "trust rollover" in self.field.open:
            self.field.roll_over(order)

    @rule()
    def the_chain_is_switched(self) -> None:
        if self.field.listed & {NEW, CROSSED} and self.field.device.trusts & {NEW, CROSSED}:
            self.field.shown = NEW

    @rule()
    def the_chain_is_put_back(self) -> None:
        if not self.field.is_retired:
            self.field.shown, self.field.came_by_new = OLD, False

    @rule()
    def the_old_root_is_retired(self) -> None:
        if self.field.shown is NEW and not self.field.is_retired and self._is_running():
            self.field.is_retired = True
            ready = "trust rollover" in self.field.open and self._phase() is RolloverPhase.READY
            self.field.roll_over(RemovalWanted() if ready and self.field.came_by_new else Cancelled("ann"))

    def _is_running(self) -> bool:
        return "trust rollover" not in self.field.open or not self.field.open["trust rollover"][1].is_paused

    def _phase(self) -> object:
        return self.field.open["trust rollover"][1].phase

    # ------------------------------------------------------------------------------- the authority

    @precondition(lambda self: self.field.orders)
    @rule(data=st.data())
    def the_authority_signs(self, data: st.DataObject) -> None:
        self._sign(data.draw(st.sampled_from(sorted(self.field.orders))))

    def _sign(self, order: tuple[int, int]) -> None:
        number, attempt = order
        certificate = self.field.sign(order)
        del self.field.orders[order]
        if number not in [number for number, _ in self.field.open.values()]:
            self.field.discarded.add(certificate)  # as whoever records it does
            return
        forms = (OfferedForm("plain"), OfferedForm("rooted"))
        self.field.step(
            "renewal", CertificateIssued(attempt, certificate, self.field.now + YEAR, forms, "ROOT")
        )

    @precondition(lambda self: self.field.orders)
    @rule(data=st.data(), declines=st.booleans())
    def the_authority_does_not(self, data: st.DataObject, declines: bool) -> None:
        order = data.draw(st.sampled_from(sorted(self.field.orders)))
        if "renewal" in self.field.open and self.field.open["renewal"][0] == order[0]:
            self.field.step(
                "renewal",
                AuthorityDeclined(order[1], "no") if declines else AuthorityDelayed("away", "Look at it"),
            )
        if declines:
            del self.field.orders[order]

    # ------------------------------------------------------------------------------- the station

    def _asked(self) -> Asked | None:
        """The oldest that nobody has told an answer to: the gateway asks nothing twice."""
        told = [asked for what, (asked, *_) in self._answers() if what == "answer"]
        return next((one for one in self.field.asks if one not in told), None)

    def _answers(self) -> list[tuple[str, tuple[Asked, IntentAnswer]]]:
        return [(what, told) for what, told in self.field.inbox if what == "answer"]

    @rule()
    def it_does_what_it_is_asked(self) -> None:
        asked = self._asked()
        if asked is not None:
            self.field.answer(asked, self.field.do(asked))

    @rule(outcome=st.sampled_from([*LOST, Outcome.REJECTED]), does=st.booleans())
    def it_is_not_heard(self, outcome: Outcome, does: bool) -> None:
        asked = self._asked()
        if asked is not None and (does or outcome in LOST):
            if does:
                self.field.do(asked)
            self.field.answer(asked, IntentAnswer(outcome))

    @rule(answer=st.sampled_from([NO, UNKNOWN]))
    def it_refuses(self, answer: IntentAnswer) -> None:
        asked = self._asked()
        if asked is not None:
            self.field.answer(asked, answer)

    @rule()
    def it_does_it_and_the_gateway_is_killed(self) -> None:
        asked = self._asked()
        if asked is not None:
            self.field.do(asked)

    @rule(again=st.booleans())
    def it_asks_for_a_certificate(self, again: bool) -> None:
        device = self.field.device
        if not again or device.request is None:
            self.requests += 1
            device.request = f"key {self.requests}".encode()
        device.owes_request = False
        self.field.renew(CsrTaken(b"csr", device.request), RenewalOrigin.STATION)

    @precondition(lambda self: "renewal" in self.field.open)
    @rule()
    def it_sends_what_must_not_be_signed(self) -> None:
        self.field.step("renewal", CsrUnfit("its key is another's"))

    @rule(data=st.data(), answers=st.booleans())
    def it_comes(self, data: st.DataObject, answers: bool) -> None:
        held = self.field.device.held
        certificate = data.draw(st.sampled_from(held)) if held else None
        self.field.connect(certificate, answers=answers)

    @rule()
    def it_starts_again(self) -> None:
        self.field.device.starts()
        if self.field.device.firmware.forgets_request:
            self.field.device.request = None

    # ------------------------------------------------------------------------------- what holds

    @invariant()
    def it_can_get_in(self) -> None:
        assert self.field.is_trusted
        assert self.field.can_get_in(), "it is dark"

    @invariant()
    def nothing_that_it_holds_was_given_up(self) -> None:
        assert not self.field.discarded & set(self.field.device.held)

    @invariant()
    def nothing_revoked_is_on_its_way(self) -> None:
        if not self.field.inbox:
            handed = [one.intent for one in self.field.asks if isinstance(one.intent, InstallCertificate)]
            assert not {one.chain_pem.partition(":")[2].encode() for one in handed} & self.field.revoked

    @invariant()
    def nothing_waits_for_nobody(self) -> None:
        for kind, (number, state) in self.field.open.items() if not self.field.inbox else ():
            is_left_alone = state.phase in (
                RenewalPhase.ISSUING,
                RolloverPhase.READY,
                RolloverPhase.HELD_BACK,
            )
            if is_left_alone or getattr(state, "is_paused", False):
                continue
            is_asked = any(one.lifecycle == number for one in self.field.asks)
            assert is_asked or kind in self.field.wakes, (kind, state.phase)

    @invariant()
    def a_time_that_was_wanted_is_a_fact_that_may_come(self) -> None:
        for kind in self.field.wakes:
            assert MACHINES[kind].table.takes(self.field.open[kind][1].phase, TimeCame)

    def teardown(self) -> None:
        self._settle()

    def _settle(self) -> None:
        """All faults are over, and the station does as it should."""
        field, device = self.field, self.field.device
        if "trust rollover" in field.open:
            field.roll_over(ResumeWanted())
        for _ in range(150):
            while field.hear():
                pass
            if all(state.phase in RESTING for _, state in field.open.values()):
                break
            asked = self._asked()
            if field.orders:
                self._sign(min(field.orders))
            elif asked is not None:
                field.answer(asked, field.do(asked))
            elif device.owes_request:
                self.it_asks_for_a_certificate(again=False)
            else:
                good = [one for one in device.held if field.is_good(one)]
                field.connect(good[-1] if good else None, answers=True)
                field.now += LATER
                for kind in [kind for kind, at in field.wakes.items() if at <= field.now]:
                    field.wake(kind)
            self.it_can_get_in()
        else:
            raise AssertionError(f"no end: {field.open}")
        for _, state in field.open.values():
            assert state.phase is RolloverPhase.READY or (state.problem and state.mend and field.told)


TestTogether = TogetherMachine.TestCase
TestTogether.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)

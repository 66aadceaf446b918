"""Renewal, rotation and revocation of one station on a real store, with every process killed anywhere.

The worker, the signer, whoever delivers the spool, and whoever gives orders die at the n-th thing that they
do, and are started again. An authority is down, late, says no, or is not heard; the settings name another one,
and know the first no more; the station is lost halfway, forgets, comes back.
Whatever happens: it can get in with what it holds by the chain that it is shown, nothing is issued twice,
nothing that is revoked is handed out or lets in, and when all faults are over it ends, or says who has to look.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.fakes.clock import FakeClock
from tests.fakes.field_station import YES
from tests.fakes.mortal_deployment import Deployment
from tests.fakes.mortal_signer import SignerProcess
from tests.fakes.renewals import CP001, HEARING, RenewalWorld
from tests.fakes.rotations import NEW, OLD
from tests.fakes.signers import SignerSite
from tests.fakes.stores import journalled, opened_store
from voltward.domain.errors import OutsideFault
from voltward.domain.intents import IntentAnswer, Outcome
from voltward.domain.station_fact import AskAnswered
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin
from voltward.lifecycles.root_rotation import RotationPhase
from voltward.ports.authority import Declined, Pending, RevocationReason
from voltward.ports.storage import Store
from voltward.usecases.lifecycles.rotate_root import (
    give_up_rotation,
    pause_rotation,
    resume_rotation,
)
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, cancel_lifecycle, order_renewal
from voltward.usecases.revocation.revoke_certificates import RevocationOrder, revoke_certificates

LIVES = st.integers(0, 60)
AWAY = OutsideFault("the authority is away.")
Order = Callable[[Store], Awaitable[object]]


class LifecycleMachine(RuleBasedStateMachine):
    """Each rule is one process, one message or one order, cut off after so many steps."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.scope = AsyncExitStack()
        self.clock = FakeClock()
        self.deployment: Deployment = self.run(self._open())

    async def _open(self) -> Deployment:
        folder = Path(self.scope.enter_context(tempfile.TemporaryDirectory(prefix="voltward-tests-")))
        store = await self.scope.enter_async_context(opened_store(folder, self.clock))
        world = RenewalWorld(store, self.clock, known=(OLD.der, NEW.der))
        deployment = Deployment(world, SignerProcess(SignerSite(folder, self.clock).make()))
        self.scope.callback(deployment.signer.end)
        await deployment.begin()
        return deployment

    def run(self, story: Awaitable[Any]) -> Any:
        async def whole() -> Any:
            return await story

        return self.runner.run(whole())

    def teardown(self) -> None:
        try:
            self.run(self._end())
        finally:
            self.run(self.scope.aclose())
            self.runner.close()

    async def _end(self) -> None:
        deployment = self.deployment
        deployment.world.authority.instead.clear()
        deployment.world.authority.lost = 0
        if any([await deployment.opens(one) for one in deployment.station.held]):
            await deployment.settle()
            await deployment.check()
        kinds = [event.kind for event in await journalled(deployment.world.store)]
        assert "lifecycle_fact_refused" not in kinds
        is_stuck = [isinstance(one, Renewal) and bool(one.problem) for one in await deployment.open_states()]
        assert "attention_needed" in kinds or not any(is_stuck)

    # ------------------------------------------------------------------------------- processes

    @rule(lives=LIVES)
    def the_worker_works_and_dies(self, lives: int) -> None:
        self.run(self.deployment.work(lives))

    @rule()
    def the_worker_works(self) -> None:
        self.run(self.deployment.work(9999))

    @rule(steps=st.integers(1, 6))
    def all_goes_well_for_a_while(self, steps: int) -> None:
        for _ in range(steps):
            self.run(self.deployment.go_well())

    @rule(minutes=st.sampled_from([1, 30, 60 * 24, 60 * 24 * 8]))
    def time_passes(self, minutes: int) -> None:
        self.clock.leap(minutes * 60)

    @rule(hours=st.sampled_from([-48, -1]))
    def somebody_sets_the_clock_back(self, hours: int) -> None:
        self.clock.set(self.clock.now() + timedelta(hours=hours))

    @rule(lives=st.integers(0, 12))
    def the_signer_will_die(self, lives: int) -> None:
        self.deployment.signer.lives.left = lives

    @rule(gone=st.booleans())
    def the_settings_name_another_authority(self, gone: bool) -> None:
        self.deployment.chosen = {"corporate": "signer", "signer": "corporate"}[self.deployment.chosen]
        self.deployment.is_one_gone = gone

    @rule()
    def an_answer_of_the_authority_will_be_lost(self) -> None:
        self.deployment.world.authority.lost = 1

    @rule(answer=st.sampled_from(["away", "later", "no"]))
    def the_authority_is_not_at_its_best(self, answer: str) -> None:
        later = Pending(self.clock.now() + timedelta(hours=1), "somebody has to look")
        outcomes = {"away": AWAY, "later": later, "no": Declined("not this one")}
        self.deployment.world.authority.instead.append(outcomes[answer])

    # ------------------------------------------------------------------------------- orders

    @rule(lives=LIVES)
    def an_operator_wants_a_renewal(self, lives: int) -> None:
        order = RenewalOrder(CP001, RenewalOrigin.OPERATOR, "ann")
        moment = self.deployment.world.moment
        self.run(self.deployment.mortally(lambda s: order_renewal(s, order, HEARING.plan, moment), lives))

    @rule(lives=LIVES)
    def an_operator_ends_what_is_under_way(self, lives: int) -> None:
        self.run(self._cancel(lives))

    async def _cancel(self, lives: int) -> None:
        world = self.deployment.world
        async with world.store.read() as reading:
            names = [one.id for one in await reading.lifecycles.open_of(CP001) if one.kind == "renewal"]
        if names:
            await self.deployment.mortally(
                lambda s: cancel_lifecycle(s, names[0], "ann", world.moment), lives
            )

    @rule(data=st.data(), lives=LIVES)
    def an_operator_revokes_one(self, data: st.DataObject, lives: int) -> None:
        issued = self.run(self._issued())
        known = dict.fromkeys((*self.deployment.station.held, *issued))
        choice = [one for one in known if one not in self.deployment.revoked]
        if choice:
            self.run(self._revoke(data.draw(st.sampled_from(choice)), lives))

    async def _issued(self) -> list[bytes]:
        async with self.deployment.world.store.read() as reading:
            issued = sorted(await reading.issued.of(CP001), key=lambda one: one.order)
        return [one.fingerprint for one in issued]  # in the same order each time: their keys are chance

    async def _revoke(self, certificate: bytes, lives: int) -> None:
        order = RevocationOrder("stolen", "ann", RevocationReason.KEY_COMPROMISE)
        await self.deployment.mortally(
            lambda s: revoke_certificates(s, [certificate], order, self.clock), lives
        )
        async with self.deployment.world.store.read() as reading:
            if await reading.denials.get(certificate) is not None:
                self.deployment.revoked.add(certificate)

    @rule(name=st.sampled_from(["prepare", "install", "switch", "back", "retire"]), lives=LIVES)
    def an_order_of_the_rotation(self, name: str, lives: int) -> None:
        self.clock.leap(1)
        self.run(self._rotate(name, lives))

    async def _rotate(self, name: str, lives: int) -> None:
        state = await self.deployment.rotation()
        is_over = state is None or state.phase is RotationPhase.CANCELLED
        if is_over is not (name == "prepare"):
            return
        await self.deployment.mortally(getattr(self.deployment, name), lives)
        await self.deployment.find_rotation()

    @rule(order=st.sampled_from([pause_rotation, resume_rotation, give_up_rotation]), lives=LIVES)
    def the_rotation_is_held_or_given_up(self, order: Any, lives: int) -> None:
        moment = self.deployment.world.moment
        self.run(self.deployment.mortally(lambda s: order(s, moment), lives))

    # ------------------------------------------------------------------------------- the station

    @rule(lives=LIVES)
    def it_does_what_it_is_asked(self, lives: int) -> None:
        self.run(self._answers(lives, None))

    @rule(outcome=st.sampled_from([Outcome.REJECTED, Outcome.SILENT, Outcome.LINK_LOST]), lives=LIVES)
    def it_does_it_and_that_is_not_what_is_heard(self, outcome: Outcome, lives: int) -> None:
        self.run(self._answers(lives, IntentAnswer(outcome)))

    @rule(outcome=st.sampled_from([Outcome.REJECTED, Outcome.UNSUPPORTED, Outcome.SILENT]), lives=LIVES)
    def it_does_nothing(self, outcome: Outcome, lives: int) -> None:
        self.run(self._answers(lives, IntentAnswer(outcome), does=False))

    @rule()
    def it_does_it_and_the_gateway_is_killed(self) -> None:
        self.run(self._does_it_unheard())

    async def _does_it_unheard(self) -> None:
        ask = await self.deployment.ask()
        if ask is not None:
            self.deployment.station.does(ask.intent)

    async def _answers(self, lives: int, answer: IntentAnswer | None, *, does: bool = True) -> None:
        deployment = self.deployment
        ask = await deployment.ask()
        if ask is None or ask.expires_at <= self.clock.now():
            return
        said = deployment.station.does(ask.intent) if does else YES
        fact = AskAnswered(CP001, self.clock.now(), ask.id, answer or said)
        await deployment.tell(fact, lives=lives)

    @rule(lives=LIVES, again=st.booleans())
    def it_asks_for_a_certificate(self, lives: int, again: bool) -> None:
        station = self.deployment.station
        csr = station.request if again and station.request is not None else station.asks()
        self.run(self.deployment.submit(csr, lives))

    @rule(data=st.data(), proves=st.booleans())
    def it_comes_back(self, data: st.DataObject, proves: bool) -> None:
        self.clock.leap(1)
        certificate = data.draw(st.sampled_from(self.deployment.station.held))
        is_in = self.run(self.deployment.comes_with(certificate, proves=proves))
        assert not (is_in and certificate in self.deployment.revoked)

    @rule()
    def it_forgets_its_request(self) -> None:
        self.deployment.station.request = None

    @precondition(lambda self: NEW in self.deployment.station.trusts)
    @rule()
    def it_loses_the_new_root(self) -> None:
        """Its factory settings: nobody can help where the old chain is not shown any more."""
        if not self.run(self.deployment.is_switched()):
            self.deployment.station.trusts = [OLD]

    @invariant()
    def it_can_get_in_and_nothing_is_there_twice(self) -> None:
        self.run(self.deployment.check())


TestLifecycles = LifecycleMachine.TestCase
TestLifecycles.settings = settings(max_examples=4, stateful_step_count=30, deadline=None, derandomize=True)

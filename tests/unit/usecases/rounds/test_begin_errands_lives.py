"""Orders of certificates, with the worker and the signer killed anywhere, and the settings changed in between.

Two authorities: our own signer, on its ledger, and one outside. Whoever is asked may die, lose its answer,
want time or say no; the settings name the other one, and may know the first no more. Whatever happens: no
order is signed twice, by whomever; what is recorded is what was signed; and in the end the station gets one.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.fakes.clock import FakeClock
from tests.fakes.mortal_deployment import Deployment
from tests.fakes.mortal_signer import PLENTY, SignerProcess
from tests.fakes.renewals import CP001, HEARING, RenewalWorld
from tests.fakes.signers import SignerSite
from tests.fakes.stores import opened_store
from voltward.domain.errors import OutsideFault
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin, RenewalPhase
from voltward.ports.authority import Declined, Pending
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, cancel_lifecycle, order_renewal

LIVES = st.one_of(st.just(PLENTY), st.integers(0, 50))


@dataclass(frozen=True, slots=True)
class WorkersLife:
    """A worker from its start to its end, with the settings of that time; and what happened before."""

    before: str  # what somebody did
    minutes: int  # that have passed
    outside: str  # how the authority outside answers
    chosen: str  # by the settings
    is_one_gone: bool  # from the settings: the other one
    lives: int
    lives_of_signer: int


LIFE = st.builds(
    WorkersLife,
    before=st.sampled_from(["nothing", "nothing", "asked", "asked again", "ordered anew"]),
    minutes=st.sampled_from([0, 3, 60, 60 * 25]),
    outside=st.sampled_from(["signs", "lost", "away", "later", "no"]),
    chosen=st.sampled_from(["corporate", "signer"]),
    is_one_gone=st.booleans(),
    lives=LIVES,
    lives_of_signer=LIVES,
)


@given(lives=st.lists(LIFE, min_size=3, max_size=5))
@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])  # shrinking takes minutes
def test_an_order_is_signed_once_by_one_authority_whoever_dies_and_whatever_is_set(
    lives: list[WorkersLife],
) -> None:
    with tempfile.TemporaryDirectory(prefix="voltward-tests-") as folder:
        asyncio.run(lived(Path(folder), lives))


async def lived(folder: Path, lives: list[WorkersLife]) -> None:
    clock = FakeClock()
    signer = SignerProcess(SignerSite(folder, clock).make())
    async with opened_store(folder, clock) as store:
        deployment = Deployment(RenewalWorld(store, clock), signer)
        await deployment.begin()
        await deployment.submit(deployment.station.asks())
        for life in lives:
            await happened(deployment, life.before)
            clock.leap(life.minutes * 60)
            answers_next(deployment, life.outside)
            deployment.chosen, deployment.is_one_gone = life.chosen, life.is_one_gone
            signer.lives.left = life.lives_of_signer
            await deployment.work(life.lives)
            await deployment.check()
        await ended(deployment)
    signer.end()


async def happened(deployment: Deployment, what: str) -> None:
    world, station = deployment.world, deployment.station
    if what == "asked again" and station.request is not None:
        await deployment.submit(station.request)
    elif what == "asked":
        await deployment.submit(station.asks())
    elif what == "ordered anew":
        async with world.store.read() as reading:
            names = [one.id for one in await reading.lifecycles.open_of(CP001)]
        for name in names:
            await cancel_lifecycle(world.store, name, "ann", world.moment)
        order = RenewalOrder(CP001, RenewalOrigin.OPERATOR, "ann")
        await order_renewal(world.store, order, HEARING.plan, world.moment)


def answers_next(deployment: Deployment, how: str) -> None:
    authority = deployment.world.authority
    authority.lost = int(how == "lost")
    later = Pending(deployment.world.clock.now() + timedelta(hours=1), "somebody has to look")
    instead = {"away": OutsideFault("it is away."), "later": later, "no": Declined("not this one")}
    authority.instead = [instead[how]] if how in instead else []


async def ended(deployment: Deployment) -> None:
    """When all faults are over, nobody waits for an authority any more."""
    answers_next(deployment, "signs")
    await deployment.settle()
    await deployment.check()
    states = await deployment.open_states()
    assert not [one for one in states if isinstance(one, Renewal) and one.phase is RenewalPhase.ISSUING]

"""The processes of a deployment around one station on a real store: each dies when it is told to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from tests.fakes.builders import certificate_credential
from tests.fakes.clock import NOON
from tests.fakes.field_station import FieldStation
from tests.fakes.mortal_signer import PLENTY, SignerProcess
from tests.fakes.mortal_stores import Lives, MortalAuthority, MortalStore
from tests.fakes.renewals import CP001, HEARING, Killed, RenewalWorld, SomeAuthorities, pem_of
from tests.fakes.rotations import CHAIN, MANNER, NEW, OLD, WEEK, rotation
from tests.fakes.signers import OPERATOR
from tests.fakes.stores import put
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.ask import Ask
from voltward.domain.credential import ClientCertificate
from voltward.domain.errors import OperatorFault
from voltward.domain.intents import InstallCertificate, RequestCsr
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station_fact import AskAnswered, CameBack, CsrSubmitted, Met, Proven, StationFact
from voltward.lifecycles.renewal_state import Renewal, RenewalPhase
from voltward.lifecycles.rollover_state import Rollover, RolloverPhase
from voltward.lifecycles.root_rotation import ChainPutBack, ChainSwitched, RootRotation
from voltward.ports.authority import CertificateAuthority
from voltward.ports.spool import Spooled, SpoolMark
from voltward.ports.storage import Store
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.learning.deliver import deliver
from voltward.usecases.lifecycles.rotate_root import (
    begin_retiring,
    begin_rotation,
    check_nobody_is_lost,
    check_way_back,
    install_root,
    retire_root,
    tell_rotation,
)
from voltward.usecases.lifecycles.rotation_plan import PlanTerms, Prospect, plan_rotation
from voltward.usecases.rounds.begin_errands import LEASE
from voltward.usecases.rounds.hear_facts import expire_asks, hear_facts, wake_due

FIRST = b"o" * 32
P3 = SecurityProfile.TLS_CERTIFICATE
RESTING = frozenset({RenewalPhase.DONE, RenewalPhase.CANCELLED, RenewalPhase.STUCK})
Order = Callable[[Store], Awaitable[object]]


class Deployment:
    """The processes, each as often as it is started; and the station that they are there for."""

    def __init__(self, world: RenewalWorld, signer: SignerProcess) -> None:
        self.world = world
        self.signer = signer
        self.authorities: Mapping[str, CertificateAuthority] = {
            "corporate": world.authority,
            "signer": signer,
        }
        self.chosen = "corporate"
        self.is_one_gone = False  # from the settings: the one that is not chosen
        self.station = FieldStation([FIRST])
        self.messages = 0
        self.revoked: set[bytes] = set()

    async def begin(self) -> None:
        await self.world.register()
        first = certificate_credential(proof=ClientCertificate(FIRST, "SN-CP001", b""), proven_at=NOON)
        await put(self.world.store, first)

    # ------------------------------------------------------------------------------- processes

    async def mortally(self, order: Order, lives: int) -> bool:
        """Whether whoever did this has lived to its end; an order that does not fit is refused in words."""
        try:
            with suppress(OperatorFault):
                await order(MortalStore(self.world.store, Lives(lives)))
        except Killed:
            return False
        return True

    async def work(self, lives: int) -> None:
        """The worker, until there is nothing to do or it dies; then its leases run out."""
        left = Lives(lives)
        try:
            await self._rounds(MortalStore(self.world.store, left), left)
        except Killed:
            self.world.clock.leap(LEASE.total_seconds())

    async def _rounds(self, store: Store, lives: Lives) -> None:
        world = self.world
        desk = IssuingDesk(self._known(lives), OPERATOR)
        busy = True
        while busy:
            busy = bool(await wake_due(store, world.moment)) or bool(await expire_asks(store, world.moment))
            busy = bool(await hear_facts(store, HEARING, world.moment)) or busy
            busy = bool(await world.run_errands(store, desk)) or busy

    def _known(self, lives: Lives) -> SomeAuthorities:
        """What the settings of this worker know."""
        names = [self.chosen] if self.is_one_gone else [*self.authorities]
        known = {name: MortalAuthority(self.authorities[name], lives) for name in names}
        return SomeAuthorities(known, self.chosen)

    async def tell(self, *facts: StationFact, lives: int = 99) -> None:
        """The gateway's spool has it: whoever carries it to the store may die, and another one does it."""
        self.world.told += 1
        record = Spooled(SpoolMark("segment", self.world.told), facts)
        for spent in (lives, 999):
            await self.mortally(lambda store: deliver(store, self.world.entropy, (record,)), spent)

    # ------------------------------------------------------------------------------- the station

    async def ask(self) -> Ask | None:
        async with self.world.store.read() as reading:
            asks = await reading.asks.of(CP001)
        return asks[0] if asks else None

    async def submit(self, csr: bytes, lives: int = 99) -> None:
        self.messages += 1
        use = RequestCsr().use
        fact = CsrSubmitted(CP001, self.world.clock.now(), f"m{self.messages}", pem_of(csr), use)
        await self.tell(fact, lives=lives)

    async def comes_with(self, certificate: bytes, *, proves: bool) -> bool:
        """Whether the door lets it in, by what the store says now."""
        if not await self.opens(certificate):
            return False
        now = self.world.clock.now()
        chain = replace(MANNER, profile=3, credential="certificate")
        facts: list[StationFact] = [CameBack(CP001, now, certificate), Met(CP001, now, chain, None, True)]
        if proves:
            facts.append(Proven(CP001, now, P3, fingerprint=certificate))
        await self.tell(*facts)
        return True

    async def opens(self, certificate: bytes) -> bool:
        shown = NEW if await self.is_switched() else OLD
        if shown not in self.station.trusts:
            return False
        async with self.world.store.read() as reading:
            if await reading.denials.get(certificate) is not None:
                return False
            held = await reading.credentials.by_fingerprint(certificate)
        return any(one.is_usable(self.world.clock.now()) for one in held)

    # ------------------------------------------------------------------------------- the rotation

    async def is_switched(self) -> bool:
        """The chain that is shown is a file's matter: here, the row's of the newest rotation."""
        state = await self.rotation()
        return state is not None and bool(state.switched)

    async def rotation(self) -> RootRotation | None:
        if self._rotation_id is None:
            return None
        async with self.world.store.read() as reading:
            lifecycle = await reading.lifecycles.get(self._rotation_id)
        return (
            lifecycle.state if lifecycle is not None and isinstance(lifecycle.state, RootRotation) else None
        )

    _rotation_id: str | None = None

    async def prepare(self, store: Store) -> None:
        now = self.world.clock.now()
        await begin_rotation(store, rotation(since=now), self.world.moment)

    async def find_rotation(self) -> None:
        async with self.world.store.read() as reading:
            for one in await reading.lifecycles.open("root rotation", limit=1):
                self._rotation_id = one.id

    async def prospects(self, store: Store) -> list[Prospect]:
        state = await self.rotation()
        assert state is not None
        new = (f"{CHAIN}.next", *(one.chain for one in state.switched))
        terms = PlanTerms((CHAIN,), lambda _manner: (CHAIN,), new, state.all_switched_at)
        async with store.read() as reading:
            return await plan_rotation(reading, state, terms)

    async def install(self, store: Store) -> None:
        await install_root(store, await self.prospects(store), WEEK, self.world.moment)

    async def switch(self, store: Store) -> None:
        check_nobody_is_lost(await self.prospects(store), (), 0)
        await tell_rotation(store, ChainSwitched(CHAIN), self.world.moment)

    async def back(self, store: Store) -> None:
        check_way_back(await self.prospects(store), (), 0)
        await tell_rotation(store, ChainPutBack(CHAIN), self.world.moment)

    async def retire(self, store: Store) -> None:
        prospects = await self.prospects(store)
        check_nobody_is_lost(prospects, (), 0)
        await begin_retiring(store, (), self.world.moment)
        await retire_root(store, prospects, self.world.moment)

    # ------------------------------------------------------------------------------- what is there

    async def open_states(self) -> list[object]:
        async with self.world.store.read() as reading:
            return [one.state for one in await reading.lifecycles.open_of(CP001)]

    async def check(self) -> None:
        """Nothing twice, nothing denied that it holds, nothing revoked on its way to it."""
        world = self.world
        async with world.store.read() as reading:
            issued = await reading.issued.of(CP001)
            denied = {one.fingerprint for one in await reading.denials.all()}
            asks = await reading.asks.of(CP001)
            waiting = await reading.inbox.next(limit=9)
        assert len({one.order for one in issued}) == len(issued)
        signed = self.signed()
        assert {one.order: one.fingerprint for one in issued}.items() <= signed.items()
        assert len(signed) <= self.messages, "two certificates for one request"
        held = set(self.station.held) - self.revoked
        assert not held & denied
        if not waiting:
            leaves = [_leaf(one.intent) for one in asks if isinstance(one.intent, InstallCertificate)]
            assert not set(leaves) & (denied | self.revoked)
        assert (NEW if await self.is_switched() else OLD) in self.station.trusts
        by_right = [one for one in self.station.held if one not in self.revoked]
        if by_right:
            assert any([await self.opens(one) for one in by_right]), "it holds nothing that opens"

    def signed(self) -> dict[str, bytes]:
        """What each order got, wherever."""
        corporate = {name: fingerprint(one.chain[0]) for name, one in self.world.authority.signed.items()}
        ours = self.signer.signed()
        assert not corporate.keys() & ours.keys(), "two authorities signed one order"
        return {**corporate, **ours}

    async def go_well(self) -> None:
        """Nobody is killed; the station does one thing that it is asked or owes, or comes by what opens."""
        await self.work(9999)
        ask, now = await self.ask(), self.world.clock.now()
        if ask is not None:
            await self.tell(AskAnswered(CP001, now, ask.id, self.station.does(ask.intent)))
        elif self.station.owes_request:
            await self.submit(self.station.asks())
        else:
            self.world.clock.leap(3 * 3600)
            for certificate in reversed(self.station.held):
                if await self.comes_with(certificate, proves=True):
                    break
        await self.work(9999)

    async def settle(self) -> None:
        """All faults are over."""
        self.is_one_gone, self.signer.lives.left = False, PLENTY
        await self.work(9999)
        for _ in range(60):
            if await self.is_at_rest():
                return
            await self.go_well()
        raise AssertionError(f"no end: {await self.open_states()}")

    async def is_at_rest(self) -> bool:
        async with self.world.store.read() as reading:
            if await reading.inbox.next(limit=1):
                return False
        for state in await self.open_states():
            if isinstance(state, Renewal) and state.phase not in RESTING:
                return False
            if isinstance(state, Rollover) and state.is_paused:
                continue
            if isinstance(state, Rollover) and state.phase not in (
                RolloverPhase.READY,
                RolloverPhase.HELD_BACK,
            ):
                return False
            if state.phase.value in ("stuck", "held back"):  # type: ignore[attr-defined]
                assert state.problem, state  # type: ignore[attr-defined]
                assert state.mend, state  # type: ignore[attr-defined]
        return True


def _leaf(intent: InstallCertificate) -> bytes:
    return fingerprint(read_pem_bundle(intent.chain_pem.encode())[0])

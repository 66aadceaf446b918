"""Renewals on a real store, with an authority that signs and a station that answers what it is told to."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.builders import station
from tests.fakes.certificates import Authority, PrivateKey, new_key, subject_of
from tests.fakes.clock import FakeClock, SeededEntropy
from tests.fakes.signers import OPERATOR
from voltward.adapters.sql.store import SqlStore
from voltward.domain.authority import Binding
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.intents import InstallCertificate, Intent, IntentAnswer, Outcome, RequestCsr
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Station, StationId
from voltward.domain.station_fact import AskAnswered, CameBack, CsrSubmitted, Proven, StationFact
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin
from voltward.ports.authority import (
    CertificateAuthority,
    CertificateOrder,
    Declined,
    Issued,
    OrderOutcome,
    Revocation,
)
from voltward.ports.lifecycles import Errand, Lifecycle
from voltward.ports.spool import Spooled, SpoolMark
from voltward.ports.storage import Store
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.evaluate import Evaluator
from voltward.usecases.admission.admit_station import DoorRules
from voltward.usecases.issuance.issue_certificate import IssuingDesk, read_orders
from voltward.usecases.issuance.request_ground import RequestRules
from voltward.usecases.learning.deliver import deliver
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, RenewalPlan, order_renewal
from voltward.usecases.rounds.hear_facts import Hearing, expire_asks, hear_facts, wake_due
from voltward.usecases.rounds.perform_effect import perform_order, save_outcomes
from voltward.worker.errand_round import RoundParts, run_round

CP001 = StationId("CP001")
RULEBOOK = load_rulebook()
RULES = RequestRules(DoorRules(RULEBOOK, Evaluator(RULEBOOK), {}), (OPERATOR,), Binding())
HEARING = Hearing(RenewalPlan(OPERATOR), RULES)


class PlainAuthority:
    """`ports.authority.CertificateAuthority`: signs what it is asked for, once for each order."""

    def __init__(self) -> None:
        self.ca = Authority.create("Test CA")
        self.signed: dict[str, Issued] = {}
        self.asked: list[str] = []
        self.revoked: list[Revocation] = []
        self.revokes: Declined | OutsideFault | None = None  # what it says to that
        self.instead: list[OrderOutcome | OutsideFault] = []  # what the next orders get
        self.meanwhile: Callable[[], Awaitable[None]] | None = None  # happens while it signs the next
        self.lost = 0  # so many of its next answers never arrive

    @property
    def at_once(self) -> int:
        return 64

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        self.asked.append(order.id)
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        if self.instead:
            answer = self.instead.pop(0)
            if isinstance(answer, OutsideFault):
                raise answer
            return answer
        signed = self.sign(order.id, order.csr, order.common_name, order.organisation)
        if self.lost:
            self.lost -= 1
            raise OutsideFault("the answer was lost.")
        return signed

    def sign(self, order: str, csr: bytes, name: str = "SN-CP001", organisation: str = OPERATOR) -> Issued:
        """What it answers to this order, now and whenever it is asked again."""
        if order not in self.signed:
            self.signed[order] = Issued(self.ca.sign_request(csr, name, organisation))
        return self.signed[order]

    async def revoke(self, revocation: Revocation) -> Declined | None:
        if isinstance(self.revokes, OutsideFault):
            raise self.revokes
        self.revoked.append(revocation)
        return self.revokes


@dataclass(slots=True)
class SomeAuthorities:
    """`ports.authority.Authorities`: those that the settings know, and who signs for all stations by now."""

    known: Mapping[str, CertificateAuthority]
    chosen: str = "corporate"

    def name_for(self, _station: Station, /) -> str:
        return self.chosen

    def named(self, name: str) -> CertificateAuthority:
        if name not in self.known:
            raise OperatorFault(f"there is no authority {name!r}.")
        return self.known[name]


def one_authority(authority: CertificateAuthority) -> SomeAuthorities:
    return SomeAuthorities({"corporate": authority})


class Killed(BaseException):
    """The process is no more."""


class CutStore:
    """A store whose process is killed at its n-th commit: before it, or when it has happened."""

    def __init__(self, store: SqlStore, at: int, *, behind: bool) -> None:
        self._store = store
        self._left = at
        self._behind = behind
        self.commits = 0

    @property
    def is_spared(self) -> bool:
        return self._left > 0

    def read(self) -> Any:
        return self._store.read()

    def begin(self) -> AbstractAsyncContextManager[Any]:
        return _CutWork(self._store.begin(), self._commit)

    async def _commit(self, commit: Callable[[], Any]) -> None:
        self._left -= 1
        self.commits += 1
        if self._left == 0 and not self._behind:
            raise Killed
        await commit()
        if self._left == 0:
            raise Killed


class _CutWork:
    def __init__(self, work: Any, commit: Callable[[Callable[[], Any]], Any]) -> None:
        self._work = work
        self._commit = commit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    async def commit(self) -> None:
        await self._commit(self._work.commit)

    async def __aenter__(self) -> Self:
        await self._work.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._work.__aexit__(kind, error, trace)


@dataclass(slots=True)
class RenewalWorld:
    """One station, CP001 with the serial SN-CP001, and all that a renewal passes through but the sockets."""

    store: SqlStore
    clock: FakeClock = field(default_factory=FakeClock)
    entropy: SeededEntropy = field(default_factory=SeededEntropy)
    authority: PlainAuthority = field(default_factory=PlainAuthority)
    told: int = 0  # records of the spool so far
    known: Sequence[bytes] = ()  # certificates (DER) that a station may hold
    authorities: SomeAuthorities = field(init=False)

    def __post_init__(self) -> None:
        self.authorities = one_authority(self.authority)

    @property
    def moment(self) -> Moment:
        return Moment(self.clock.now(), self.entropy, known=lambda: self.known)

    @property
    def desk(self) -> IssuingDesk:
        return IssuingDesk(self.authorities, OPERATOR)

    async def register(self, **changes: Any) -> None:
        async with self.store.begin() as work:
            on_3 = {"profile": SecurityProfile.TLS_CERTIFICATE, "floor": SecurityProfile.TLS_CERTIFICATE}
            await work.stations.save(station(**{**on_3, **changes}))
            await work.commit()

    async def begin(self, origin: RenewalOrigin = RenewalOrigin.OPERATOR) -> Lifecycle:
        order = RenewalOrder(CP001, origin, "ann")
        return await order_renewal(self.store, order, HEARING.plan, self.moment)

    async def tell(self, *facts: StationFact, store: Store | None = None) -> None:
        """Through the spool's delivery, each once."""
        for fact in facts:
            self.told += 1
            record = Spooled(SpoolMark("segment", self.told), (fact,))
            await deliver(store or self.store, self.entropy, (record,))

    async def work(self, store: Store | None = None) -> None:
        """As the worker's loops would, until there is nothing to do at this moment."""
        store = store or self.store
        busy = True
        while busy:
            busy = bool(await wake_due(store, self.moment)) or bool(await expire_asks(store, self.moment))
            busy = bool(await hear_facts(store, HEARING, self.moment)) or busy
            busy = bool(await self.run_errands(store)) or busy

    async def run_errands(self, store: Store | None = None, desk: IssuingDesk | None = None) -> int:
        """One round of what is due; returns how many errands."""
        holder = self.entropy.identifier()
        parts = RoundParts(store or self.store, desk or self.desk, lambda: self.moment, holder, 60.0)
        try:
            return await run_round(parts)
        except BaseExceptionGroup as group:
            if group.subgroup(Killed) is not None:
                raise Killed from group
            raise

    async def perform(self, *errands: Errand) -> None:
        """These, by whoever holds them."""
        async with self.store.read() as reading:
            orders = await read_orders(reading, errands, self.desk)
        outcomes = [(each.errand, await perform_order(each, self.desk, self.moment)) for each in orders]
        assert not await save_outcomes(self.store, outcomes, self.moment)

    async def asked(self) -> list[Intent]:
        """What the station is to be asked now, oldest first."""
        async with self.store.read() as reading:
            return [ask.intent for ask in await reading.asks.of(CP001)]

    async def answer(self, outcome: Outcome = Outcome.ACCEPTED, words: str = "") -> Intent:
        """The station's answer to the oldest ask, told; returns what was asked."""
        async with self.store.read() as reading:
            ask = (await reading.asks.of(CP001))[0]
        answer = IntentAnswer(outcome, words)
        await self.tell(AskAnswered(CP001, self.clock.now(), ask.id, answer))
        return ask.intent

    async def submit(self, csr: bytes | None = None, message: str = "m1") -> None:
        """The station's request, as its gateway took it."""
        pem = pem_of(csr or station_csr())
        await self.tell(CsrSubmitted(CP001, self.clock.now(), message, pem, RequestCsr().use))

    async def comes_with(self, fingerprint: bytes | None, *, proves: bool = True) -> None:
        now = self.clock.now()
        await self.tell(CameBack(CP001, now, fingerprint))
        if proves and fingerprint is not None:
            p3 = SecurityProfile.TLS_CERTIFICATE
            await self.tell(Proven(CP001, now, p3, fingerprint=fingerprint))

    async def renewal(self) -> tuple[Lifecycle, Renewal]:
        """The newest."""
        async with self.store.read() as reading:
            lifecycle = await reading.lifecycles.latest_of(CP001, "renewal")
        assert lifecycle is not None
        assert isinstance(lifecycle.state, Renewal)
        return lifecycle, lifecycle.state

    async def until_installing(self) -> bytes:
        """The station does all that it is asked for; returns the fingerprint of what it is handed."""
        await self.work()
        while not isinstance((await self.asked() or [None])[0], InstallCertificate):
            if isinstance(await self.answer(), RequestCsr):
                await self.submit()
            await self.work()
        _, state = await self.renewal()
        assert state.issued is not None
        return state.issued


@asynccontextmanager
async def renewal_world(store: SqlStore, **changes: Any) -> AsyncIterator[RenewalWorld]:
    """With CP001 registered on profile 3."""
    world = RenewalWorld(store)
    await world.register(**changes)
    yield world


def station_csr(key: PrivateKey | None = None, common_name: str = "SN-CP001") -> bytes:
    """A request of an honest station, with a new key unless one is given."""
    subject = subject_of(common_name, OPERATOR)
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key or new_key(), hashes.SHA256()).public_bytes(Encoding.DER)


def pem_of(csr: bytes) -> str:
    lines = base64.encodebytes(csr).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{lines}-----END CERTIFICATE REQUEST-----\n"


def names(intents: Sequence[Intent]) -> list[str]:
    return [type(intent).__name__ for intent in intents]

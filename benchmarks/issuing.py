"""From a station's request for a certificate to the stored certificate: the CPU that one costs.

    heard      out of the inbox: every check of a request, the rulebook's verdicts, the group's policy; the
               life-cycle begins, and the order is placed
    issued     over the signer's socket: read once more by the signer, signed, in its ledger, on the disk;
               the record, the credential, the journal, and what the station is to be told

The worker's own rounds on a full inbox, by portions as `serve` takes them, with the signer's server beside
it in one process on one core. Then renewals from the order to the proof, with every answer of the station
heard. Run as `python -m benchmarks.issuing SETTINGS STATIONS`; it prints microseconds as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from benchmarks.cpu import Cores, running_on
from benchmarks.errors import MachineFault, PeerFault
from benchmarks.figures import Finding
from benchmarks.fleet import HOST_NAME, OPERATOR
from benchmarks.voltward_target import ask_program, register
from voltward.adapters.heap import spare_the_collector
from voltward.adapters.pki.signer.signer_client import SignerClient, over_socket
from voltward.adapters.pki.signer.signer_messages import Issue, Signed
from voltward.adapters.pki.signer.signer_server import SignerServer
from voltward.adapters.pki.signer.signing_desk import SigningDesk
from voltward.bootstrap.authority.renewal_orders import renewal_plan
from voltward.bootstrap.authority.signer import open_desk, socket_place
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.gateway.door_parts import door_rules, request_rules
from voltward.bootstrap.gateway.group_orders import read_group_orders
from voltward.domain.ask import Ask
from voltward.domain.intents import IntentAnswer, Outcome, RequestCsr
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Station, StationId
from voltward.domain.station_fact import AskAnswered, CameBack, CsrSubmitted, Proven
from voltward.lifecycles.renewal_state import KIND, Renewal, RenewalOrigin
from voltward.ports.authority import CertificateKind, CertificateOrder
from voltward.ports.lifecycles import InboxFact
from voltward.ports.storage import Ahead
from voltward.settings import OWN_SIGNER, load_settings
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, start_renewal
from voltward.usecases.rounds.hear_facts import Hearing, hear_facts
from voltward.worker.errand_round import RoundParts, run_round

BUDGET = 1000.0  # microseconds: a thousand certificates in a second of one core
RENEWAL_BUDGET = 5000.0  # microseconds: 200 renewals in a second of one core
_SECONDS = 300.0
_PORTION = 128  # as the worker takes them
_CURVE, _RSA = "ec", "rsa"


@dataclass(frozen=True, slots=True)
class Costs:
    """Microseconds of CPU for one certificate, of the worker and the signer together.

    `signed` and `rsa` are the signer's part alone, below a P-256 and an RSA-3072 authority; `renewed` is a
    whole renewal, from the order to the proof.
    """

    heard: float
    issued: float
    signed: float
    rsa: float
    renewed: float

    @property
    def whole(self) -> float:
        """From the request to the stored certificate."""
        return self.heard + self.issued


def measure_issuing(folder: Path, cores: Cores, stations: int) -> list[Finding]:
    """Deploy in `folder`, and let that many stations ask for a certificate."""
    made = ("init", str(folder), "--operator-name", OPERATOR, "--host", HOST_NAME)
    ask_program(*made, "--csms", "ws://127.0.0.1:1/ocpp", "--admin", "bench@voltward.example")
    settings = str(folder / "voltward.toml")
    register(settings, ((_identity(number), _serial(number), 3, "") for number in range(stations)))
    command = (sys.executable, "-m", "benchmarks.issuing", settings, str(stations))
    with running_on(frozenset({cores.server})):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    if done.returncode != 0:
        raise MachineFault(f"issuing ended with {done.returncode}: {done.stderr[-2000:]}")
    return findings_of(Costs(**json.loads(done.stdout)))


def findings_of(costs: Costs) -> list[Finding]:
    """In the words of the report."""
    return [
        Finding(
            "a request for a certificate judged, signed, in the ledger and recorded: CPU, in milliseconds",
            f"{costs.whole:.0f} us, {1e6 / costs.whole:,.0f} a second and core, as the worker does it: heard "
            f"and judged {costs.heard:.0f}, issued and recorded {costs.issued:.0f}, of which the signer "
            f"{costs.signed:.0f}; the signer's part below an RSA-3072 authority {costs.rsa:.0f}",
            costs.whole / BUDGET,
            1.0,
        ),
        Finding(
            "a renewal from the order to the proof, every answer heard: CPU, in units of 5 milliseconds",
            f"{costs.renewed:.0f} us, {1e6 / costs.renewed:,.0f} a second and core",
            costs.renewed / RENEWAL_BUDGET,
            1.0,
        ),
    ]


# -- in the process that is measured ----------------------------------------------------------------------


async def spent_on(settings: Path, stations: int) -> Costs:
    """Half of the stations ask by themselves; the other half is renewed by order."""
    said = load_settings(settings)
    desk = open_desk(said)
    try:
        async with open_deployment(said) as deployment, asyncio.TaskGroup() as group:
            place = socket_place(said)
            server = SignerServer(desk, place)
            serving = group.create_task(server.run())
            await server.listening.wait()
            office = Office(deployment, SignerClient(over_socket(place.path)))
            spare_the_collector()  # as worker and signer do
            half = stations // 2
            await office.ask_by_themselves(range(half))
            heard, issued = office.heard, office.issued
            await office.renew(range(half, stations))
            renewed = office.heard + office.issued - heard - issued
            serving.cancel()
        signed, rsa_signed = _signed_alone(desk, _CURVE), _signed_alone(desk, _RSA)
    finally:
        desk.close()
    each = 1e6 / half
    return Costs(heard * each, issued * each, signed, rsa_signed, renewed * 1e6 / (stations - half))


@dataclass(frozen=True, slots=True)
class _Alone:
    """`ports.authority.Authorities`: this signer signs for all."""

    signer: SignerClient

    def name_for(self, _station: Station, /) -> str:
        return OWN_SIGNER

    def named(self, _name: str, /) -> SignerClient:
        return self.signer


class Office:
    """The worker's rounds on a deployment, and the stations' side of it, which is not measured."""

    def __init__(self, deployment: Deployment, signer: SignerClient) -> None:
        settings = deployment.settings
        orders = read_group_orders(settings, deployment.rulebook, deployment.clock.now())
        requests = request_rules(deployment, door_rules(deployment, orders))
        self._deployment = deployment
        self._store = deployment.store
        self._hearing = Hearing(renewal_plan(settings), requests)
        desk = IssuingDesk(_Alone(signer), settings.operator.name)
        self._round = RoundParts(deployment.store, desk, self._moment, "benchmark", 60.0)
        self._told = 0
        self.heard = 0.0  # seconds of CPU, so far
        self.issued = 0.0

    async def ask_by_themselves(self, numbers: Sequence[int]) -> None:
        """Each sends a request that nobody asked it for."""
        await self._tell([self._request(number) for number in numbers])
        await self._work()
        await self._check(numbers, lambda state: state.issued is not None)

    async def renew(self, numbers: Sequence[int]) -> None:
        """Each is asked for all that a renewal asks, does it, and comes back with the certificate."""
        begun = time.process_time()
        for first in range(0, len(numbers), _PORTION):
            await self._begin([StationId(_identity(number)) for number in numbers[first : first + _PORTION]])
        self.heard += time.process_time() - begun
        while answers := await self._answers(numbers):
            await self._tell(answers)
            await self._work()
        await self._tell(await self._proofs(numbers))
        await self._work()
        await self._check(numbers, lambda state: state.phase.value == "done")

    async def _begin(self, stations: Sequence[StationId]) -> None:
        async with self._store.begin() as work:
            work.expect(Ahead(stations=stations))
            for station in stations:
                order = RenewalOrder(station, RenewalOrigin.SCHEDULE, "benchmark")
                await start_renewal(work, order, self._hearing.plan, self._moment())
            await work.commit()

    async def _work(self) -> None:
        """Until there is nothing to do, as the loops go."""
        busy = True
        while busy:
            begun = time.process_time()
            count = await hear_facts(self._store, self._hearing, self._moment())
            between = time.process_time()
            count += await run_round(self._round)
            self.heard += between - begun
            self.issued += time.process_time() - between
            busy = count > 0

    async def _answers(self, numbers: Sequence[int]) -> list[InboxFact]:
        facts = list[InboxFact]()
        async with self._store.read() as reading:
            for number in numbers:
                for ask in await reading.asks.of(StationId(_identity(number))):
                    facts += self._answer(number, ask)
        return facts

    def _answer(self, number: int, ask: Ask) -> list[InboxFact]:
        now = self._deployment.clock.now()
        yes = AskAnswered(ask.station, now, ask.id, IntentAnswer(Outcome.ACCEPTED))
        return [yes, self._request(number)] if isinstance(ask.intent, RequestCsr) else [yes]

    async def _proofs(self, numbers: Sequence[int]) -> list[InboxFact]:
        now, facts = self._deployment.clock.now(), list[InboxFact]()
        for name, state in await self._renewals(numbers):
            p3 = SecurityProfile.TLS_CERTIFICATE
            facts += [CameBack(name, now, state.issued), Proven(name, now, p3, fingerprint=state.issued)]
        return facts

    async def _check(self, numbers: Sequence[int], is_so: Callable[[Renewal], bool]) -> None:
        wrong = [
            f"{name}: {state.phase}" for name, state in await self._renewals(numbers) if not is_so(state)
        ]
        if wrong:
            raise PeerFault(f"{len(wrong)} of {len(numbers)} renewals did not go as they should: {wrong[0]}")

    async def _renewals(self, numbers: Sequence[int]) -> list[tuple[StationId, Renewal]]:
        found = list[tuple[StationId, Renewal]]()
        async with self._store.read() as reading:
            for number in numbers:
                name = StationId(_identity(number))
                lifecycle = await reading.lifecycles.latest_of(name, KIND)
                if lifecycle is None or not isinstance(lifecycle.state, Renewal):
                    raise PeerFault(f"{name} has no renewal")
                found.append((name, lifecycle.state))
        return found

    async def _tell(self, facts: Sequence[InboxFact]) -> None:
        async with self._store.begin() as work:
            for fact in facts:
                await work.inbox.add(fact)
            await work.commit()

    def _request(self, number: int) -> CsrSubmitted:
        self._told += 1
        name, now = StationId(_identity(number)), self._deployment.clock.now()
        use = RequestCsr().use
        return CsrSubmitted(name, now, f"{self._told:032x}", request_of(_CURVE, _serial(number)), use)

    def _moment(self) -> Moment:
        return Moment(self._deployment.clock.now(), self._deployment.entropy)


def _signed_alone(desk: SigningDesk, kind: str, count: int = 2 * _PORTION) -> float:
    """Microseconds of the signer's CPU for stations' keys of this kind; one key is enough to tell."""
    der = der_of(request_of(kind, _serial(0)))
    begun = time.process_time()
    for first in range(0, count, _PORTION):
        orders = [_order(f"{kind}-{first + index}", der) for index in range(_PORTION)]
        answers = desk.perform([Issue(order) for order in orders])
        if not all(isinstance(answer, Signed) for answer in answers):
            raise PeerFault(f"{kind} was not signed: {answers[0]!r}")
    return 1e6 * (time.process_time() - begun) / count


def _order(name: str, csr: bytes) -> CertificateOrder:
    return CertificateOrder(f"bench-{name}", CertificateKind.STATION, csr, _serial(0), OPERATOR)


def request_of(kind: str, serial: str) -> str:
    """A request as a station makes it, with a key of its own, as PEM."""
    curve = kind == _CURVE
    key = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, 2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, OPERATOR),
            x509.NameAttribute(NameOID.COMMON_NAME, serial),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM).decode("ascii")


def der_of(pem: str) -> bytes:
    """The request itself."""
    return x509.load_pem_x509_csr(pem.encode("ascii")).public_bytes(Encoding.DER)


def _identity(number: int) -> str:
    return f"ASKS-{number:05d}"


def _serial(number: int) -> str:
    return f"SN-ASKS-{number:05d}"


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the answer alone goes out
    print(json.dumps(asdict(uvloop.run(spent_on(Path(sys.argv[1]), int(sys.argv[2]))))))

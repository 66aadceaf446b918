"""From a station's request for a certificate to the stored certificate: the CPU that one costs.

    judged      every check of a request, the rulebook's verdicts, the group's policy
    signed      read once more by the signer, signed, in its ledger, on the disk
    recorded    the row of the certificate and the row of the journal, in the store

64 at a time, in a process of its own on one core, by the authorities that `init` makes. Beside it the same
way through the worker, as `serve` goes it: each step of a life-cycle is saved by itself, so that whoever is
killed loses nothing. Run as `python -m benchmarks.issuing SETTINGS STATIONS`; it prints microseconds as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

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
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process
from voltward.adapters.pki.signer.signer_messages import Issue, Signed
from voltward.adapters.pki.signer.signing_desk import SigningDesk
from voltward.bootstrap.authority.renewal_orders import renewal_plan
from voltward.bootstrap.authority.signer import open_desk
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.worker import request_rules
from voltward.crypto.issuing.issued_certificates import read_issued, requested_key
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import read_signing_request
from voltward.domain.events import Event
from voltward.domain.station import Station, StationId
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import CsrSubmitted
from voltward.ports.authority import CertificateKind, CertificateOrder
from voltward.ports.lifecycles import IssuedCertificate
from voltward.rulebook.signing_observation import KeyKnown
from voltward.settings import OWN_SIGNER, load_settings
from voltward.usecases.issuance.issue_certificate import IssuingDesk
from voltward.usecases.issuance.judge_signing_request import RequestGround, judge_signing_request
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.rounds.hear_facts import Hearing, hear_next
from voltward.usecases.rounds.perform_effect import lease_errands, perform_errand

PORTION = 64  # what the signer takes in one batch
BUDGET = 1000.0  # microseconds: a thousand certificates in a second of one core
_SECONDS = 300.0
_CURVE, _RSA = "ec", "rsa"


@dataclass(frozen=True, slots=True)
class Costs:
    """Microseconds of CPU for one certificate; `rsa` is the signer's part below an RSA-3072 authority."""

    judged: float
    signed: float
    recorded: float
    rsa: float
    through_worker: float

    @property
    def whole(self) -> float:
        """From the request to the stored certificate."""
        return self.judged + self.signed + self.recorded


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
            f"{costs.whole:.0f} us, {1e6 / costs.whole:,.0f} a second and core: judged {costs.judged:.0f}, "
            f"signed {costs.signed:.0f}, recorded {costs.recorded:.0f}; the signer's part below an RSA-3072 "
            f"authority {costs.rsa:.0f}",
            costs.whole / BUDGET,
            1.0,
        ),
        Finding(
            "the same with every step of its life-cycle saved by itself, as the worker does, in milliseconds",
            f"{costs.through_worker:.0f} us, {1e6 / costs.through_worker:,.0f} a second and core",
            costs.through_worker / BUDGET,
        ),
    ]


# -- in the process that is measured ----------------------------------------------------------------------


async def spent_on(settings: Path, stations: int) -> Costs:
    """Half of the stations in portions, half through the worker's use cases."""
    said = load_settings(settings)
    async with open_deployment(said) as deployment:
        desk = open_desk(said)
        try:
            half = stations // 2
            stages = [0.0, 0.0, 0.0]
            for first in range(0, half, PORTION):
                numbers = range(first, min(first + PORTION, half))
                for stage, spent in enumerate(await _portion(deployment, desk, numbers)):
                    stages[stage] += spent
            judged, signed, recorded = (1e6 * spent / half for spent in stages)
            through = await _through_worker(deployment, desk, range(half, stations))
            return Costs(judged, signed, recorded, _rsa_alone(desk), through)
        finally:
            desk.close()


async def _portion(
    deployment: Deployment, desk: SigningDesk, numbers: Sequence[int]
) -> tuple[float, float, float]:
    """Seconds of CPU for each stage."""
    asked = {number: request_of(_CURVE, _serial(number)) for number in numbers}
    entries = await _entries(deployment, numbers)  # a gateway has them in memory
    rules, now = request_rules(deployment), deployment.clock.now()
    begun = time.process_time()
    async with deployment.store.read() as reading:
        for number, pem in asked.items():
            request = read_signing_request(pem)
            if isinstance(request, CsrProblem):
                raise PeerFault(f"{_identity(number)}: a good request could not be read: {request.sentence}")
            same = await reading.issued.by_key(request.seen.key_fingerprint)
            known = KeyKnown(revoked=None, other_station="", in_use=bool(same))
            ground = RequestGround(entries[number], rules.binding, rules.organisations, known)
            if not judge_signing_request(request, ground, rules.door, now).granted:
                raise PeerFault(f"{_identity(number)}: a good request was not granted")
    judged = time.process_time()
    orders = [_order(number, der_of(asked[number])) for number in numbers]
    answers = desk.perform([Issue(order) for order in orders])
    signed = time.process_time()
    async with deployment.store.begin() as work:
        for number, order, answer in zip(numbers, orders, answers, strict=True):
            if not isinstance(answer, Signed):
                raise PeerFault(f"{_identity(number)}: not signed: {answer!r}")
            row = _row(number, order, tuple(answer.chain), deployment)
            await work.issued.save(row)
            facts = {"certificate": row.fingerprint.hex(), "serial": f"{row.serial:x}", "order": order.id}
            await work.journal(
                Event("certificate_issued", row.issued_at, "benchmark", str(row.station), facts)
            )
        await work.commit()
    return judged - begun, signed - judged, time.process_time() - signed


async def _entries(deployment: Deployment, numbers: Sequence[int]) -> dict[int, StationEntry]:
    entries = dict[int, StationEntry]()
    async with deployment.store.read() as reading:
        for number in numbers:
            name = StationId(_identity(number))
            station = await reading.stations.get(name)
            if station is None:
                raise PeerFault(f"{name} is not in the registry")
            entries[number] = StationEntry(station, tuple(await reading.credentials.of(name)))
    return entries


@dataclass(frozen=True, slots=True)
class _Alone:
    """`ports.authority.Authorities`: this signer signs for all."""

    signer: SignerClient

    def name_for(self, _station: Station, /) -> str:
        return OWN_SIGNER

    def named(self, _name: str, /) -> SignerClient:
        return self.signer


async def _through_worker(deployment: Deployment, desk: SigningDesk, numbers: Sequence[int]) -> float:
    """Microseconds of CPU for each: heard, ordered, issued and given to its life-cycle."""
    settings, signer = deployment.settings, SignerClient(in_process(desk))
    hearing = Hearing(renewal_plan(settings), request_rules(deployment))
    issuing = IssuingDesk(_Alone(signer), OPERATOR)
    async with deployment.store.begin() as work:
        for number in numbers:
            name, now = StationId(_identity(number)), deployment.clock.now()
            await work.inbox.add(
                CsrSubmitted(name, now, f"{number:032x}", request_of(_CURVE, _serial(number)), None)
            )
        await work.commit()
    begun, issued = time.process_time(), 0
    moment = lambda: Moment(deployment.clock.now(), deployment.entropy)  # noqa: E731
    while await hear_next(deployment.store, hearing, moment()):
        pass
    while errands := await lease_errands(deployment.store, "benchmark", deployment.clock.now(), limit=8):
        async with asyncio.TaskGroup() as group:
            for errand in errands:
                group.create_task(perform_errand(deployment.store, errand, issuing, moment()))
        issued += len(errands)
    if issued != len(numbers):
        raise PeerFault(f"{issued} of {len(numbers)} certificates were issued")
    return 1e6 * (time.process_time() - begun) / len(numbers)


def _rsa_alone(desk: SigningDesk, count: int = 2 * PORTION) -> float:
    """Microseconds of the signer's CPU where the stations' keys are RSA; one key is enough to tell."""
    der = der_of(request_of(_RSA, _serial(0)))
    begun = time.process_time()
    for first in range(0, count, PORTION):
        answers = desk.perform([Issue(_order(10**6 + first + index, der)) for index in range(PORTION)])
        if not all(isinstance(answer, Signed) for answer in answers):
            raise PeerFault(f"RSA was not signed: {answers[0]!r}")
    return 1e6 * (time.process_time() - begun) / count


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


def _order(number: int, csr: bytes) -> CertificateOrder:
    return CertificateOrder(f"bench-{number}", CertificateKind.STATION, csr, _serial(number), OPERATOR)


def _row(
    number: int, order: CertificateOrder, chain: tuple[bytes, ...], deployment: Deployment
) -> IssuedCertificate:
    seen = read_issued(chain, order.csr).leaf
    return IssuedCertificate(
        fingerprint=seen.fingerprint,
        station=StationId(_identity(number)),
        order=order.id,
        issuer=fingerprint(chain[1]).hex(),
        serial=int(seen.serial_number, 16),
        common_name=_serial(number),
        not_before=seen.not_before,
        not_after=seen.not_after,
        key=requested_key(order.csr),
        chain=chain,
        issued_at=deployment.clock.now(),
    )


def _identity(number: int) -> str:
    return f"ASKS-{number:05d}"


def _serial(number: int) -> str:
    return f"SN-ASKS-{number:05d}"


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(spent_on(Path(sys.argv[1]), int(sys.argv[2]))))))

"""A station that lives with certificates, and the CSMS with its authority that the tests play."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.simulator.station_play import BOOTED, T0, ask, frames
from voltward.simulator.certificates import SimulatedAuthority, Subject, Validity
from voltward.simulator.dial import CertificateLogin, Dial, Endpoint, TlsOptions
from voltward.simulator.faults import Fault
from voltward.simulator.frames import CALL, Frame, write_result
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.outputs import HangUp, Output
from voltward.simulator.station import StationModel

DAY = timedelta(days=1)
ALL = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")


@cache
def root() -> SimulatedAuthority:
    return SimulatedAuthority.create("Operator root", T0)


@cache
def issuing() -> SimulatedAuthority:
    return root().subordinate("Stations", T0)


@cache
def stranger() -> SimulatedAuthority:
    return SimulatedAuthority.create("Stranger", T0)


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def dial(until: datetime = T0 + 365 * DAY, begins: datetime = T0 - DAY) -> Dial:
    """What an installer brings: a certificate, and the operator's root."""
    issued = issuing().issue(Subject("SN-1", "Example"), Validity(begins, until))
    tls = TlsOptions(ca_pem=root().root_pem.decode())
    return Dial(Endpoint("127.0.0.1", 8443, tls=tls), "CP-1", issued.login)


@dataclass(slots=True)
class Play:
    """A station of profile 3 on its link. `hung_up`: how it left."""

    model: StationModel
    dial: Dial
    hung_up: list[HangUp]
    number: int | None = None  # of its last request, where its version numbers them

    @classmethod
    def begin(cls, dialect: str, *faults: Fault, brought: Dial | None = None) -> Play:
        model = StationModel("CP-1", dialect, "SN-1", frozenset(faults), memory=StationMemory())
        play = cls(model, brought or dial(), [])
        play.connect(T0)
        return play

    def connect(self, now: datetime) -> list[Frame]:
        """A link comes up, and its boot is accepted; what the station says after it."""
        self.model.dress(self.dial, now)
        said = self.hear(self.model.connected(now, root().certificate.public_bytes(Encoding.DER)))
        if said and said[0].action == "BootNotification":
            said = self.answer(said[0], BOOTED, now)
        return said

    def hear(self, outputs: list[Output]) -> list[Frame]:
        """The calls and answers in what the station wants done; a link that it ends is ended."""
        endings = [output for output in outputs if isinstance(output, HangUp)]
        if endings:
            self.hung_up += endings
            self.model.disconnected()
        said = frames(outputs)
        for request in (frame.payload or {} for frame in said if frame.action == "SignCertificate"):
            self.number = request.get("requestId")
        return said

    def ask(self, action: str, payload: dict[str, Any]) -> list[Frame]:
        return self.hear(ask(self.model, action, payload))

    def answer(self, frame: Frame, payload: dict[str, Any], now: datetime = T0) -> list[Frame]:
        return self.hear(self.model.receive(write_result(frame.message_id, payload), now))

    def tick(self, now: datetime) -> list[Frame]:
        return self.hear(self.model.tick(now))

    def trigger(self) -> list[Frame]:
        if self.model.dialect == "ocpp1.6":
            return self.ask("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})
        return self.ask("TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"})

    def request(self, now: datetime = T0) -> Frame:
        """Trigger it, and take its request."""
        said = self.trigger()
        request = next(frame for frame in said if frame.action == "SignCertificate")
        self.answer(request, {"status": "Accepted"}, now)
        return request

    def deliver(self, chain: str, **more: Any) -> list[Frame]:
        """With the number of its last request, as the standard has it; `requestId=None`: without."""
        named = {"requestId": self.number, **more}
        said = {name: value for name, value in named.items() if value is not None}
        return self.ask("CertificateSigned", {"certificateChain": chain, **said})

    def events(self, said: list[Frame]) -> list[str]:
        """The security events that it reports, each confirmed."""
        told: list[str] = []
        waiting = [frame for frame in said if frame.kind == CALL]
        while waiting:
            frame = waiting.pop(0)
            if frame.action == "SecurityEventNotification":
                told.append((frame.payload or {})["type"])
            waiting += [more for more in self.answer(frame, {}) if more.kind == CALL]
        return told


def certify(request: Frame, begins: datetime = T0 - DAY, days: int = 365, *, with_root: bool = False) -> str:
    validity = Validity(begins, begins + days * DAY)
    return issuing().certify((request.payload or {})["csr"], validity, with_root=with_root)


def status(said: list[Frame]) -> str | None:
    return (said[0].payload or {}).get("status") if said else None


def csr_of(request: Frame) -> x509.CertificateSigningRequest:
    return x509.load_pem_x509_csr((request.payload or {})["csr"].encode())


def shown(play: Play) -> bytes:
    """The leaf that the next link would show."""
    login = play.model.dress(play.dial, T0).login
    assert isinstance(login, CertificateLogin)
    return login.chain_pem.split(b"-----END")[0]


def leaf(chain: str) -> bytes:
    return chain.encode().split(b"-----END")[0]

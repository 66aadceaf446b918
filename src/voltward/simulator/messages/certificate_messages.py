"""What the versions' certificate messages have in common: hash data, and what faults do to the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from voltward.simulator.certificate_desk import Consent, Delivery, Taken
from voltward.simulator.faults import Fault
from voltward.simulator.frames import Payload
from voltward.simulator.memory.hash_data import HashData
from voltward.simulator.memory.uses import CertificateUse
from voltward.simulator.messages.messages import Answering, Ending, Reply, Standing, required

_LACKS: Final[Mapping[Fault, str]] = {
    Fault.INSTALL_UNKNOWN: "NotImplemented",
    Fault.INSTALL_UNSUPPORTED: "NotSupported",
}


def triggered(use: CertificateUse, standing: Standing) -> Reply:
    """Told to ask for a certificate: the station answers, and asks when it has answered (A02.FR.02)."""
    consent = standing.certificates.trigger(use)
    lost = consent is Consent.ACCEPTED and standing.certificates.once(Fault.LOST_AFTER_TRIGGER)
    return Reply({"status": consent.value}, ending=Ending.LOST if lost else None)


def delivered(delivery: Delivery, standing: Standing, rejection: Callable[[Taken], Payload]) -> Reply:
    """A certificate came; `rejection` words the version's refusal."""
    desk = standing.certificates
    if desk.once(Fault.LOST_BEFORE_CHAIN):
        return Reply(None, ending=Ending.LOST)
    if Fault.CHAIN_UNANSWERED in desk.faults:
        return Reply(None)
    taken = desk.take(delivery, standing.now)
    if taken is not Taken.KEPT:
        return Reply(rejection(taken))
    if desk.once(Fault.LOST_AFTER_CHAIN):
        return Reply(None, ending=Ending.LOST)
    return Reply({"status": "Accepted"}, ending=Ending.REBOOT if desk.once(Fault.REBOOTS_HALFWAY) else None)


def unless_it_lacks_it(answering: Answering) -> Answering:
    """InstallCertificate as it is, or as a station refuses it that does not have it."""

    def answer(request: Payload, standing: Standing) -> Reply:
        lacks = next((code for fault, code in _LACKS.items() if fault in standing.certificates.faults), None)
        return Reply(None, error=lacks) if lacks else answering(request, standing)

    return answer


def read_hash_data(data: Payload) -> HashData:
    """The four fields of CertificateHashData; MalformedRequest when one is missing."""
    return HashData(
        required(data, "hashAlgorithm", str),
        required(data, "issuerNameHash", str),
        required(data, "issuerKeyHash", str),
        required(data, "serialNumber", str),
    )


def written_hash_data(name: HashData) -> Payload:
    """The same four, written."""
    return {
        "hashAlgorithm": name.algorithm,
        "issuerNameHash": name.issuer_name,
        "issuerKeyHash": name.issuer_key,
        "serialNumber": name.serial,
    }

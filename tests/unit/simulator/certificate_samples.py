"""Words of the certificate messages that say nothing by themselves."""

from __future__ import annotations

from voltward.simulator.certificate_desk import Request
from voltward.simulator.memory.hash_data import HashData
from voltward.simulator.memory.uses import CertificateUse

PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
NAME = HashData("SHA256", "ab" * 32, "cd" * 32, "fff")
HASH_DATA = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab" * 32,
    "issuerKeyHash": "cd" * 32,
    "serialNumber": "FFF",
}
REQUEST = Request("-----BEGIN CERTIFICATE REQUEST-----", CertificateUse.STATION, None)

"""Stations with certificates from the deployment's own authority, without the way over OCPP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.fakes.certificates import PrivateKey, new_key
from tests.fakes.signers import csr_of, order_of
from tests.journeys.deployment import OPERATOR, Part, World
from voltward.bootstrap.authority.signer import signer_client
from voltward.crypto.keys import private_key_pem
from voltward.crypto.reading.certificates import fingerprint, read_with_key
from voltward.crypto.reading.pem import certificate_pem
from voltward.domain.station import StationId
from voltward.ports.authority import CertificateOrder, Issued
from voltward.ports.lifecycles import IssuedCertificate
from voltward.settings import load_settings
from voltward.simulator.dial import CertificateLogin


@dataclass(frozen=True)
class Ours:
    """A station with a certificate from our own authority."""

    part: Part
    order: CertificateOrder
    chain: tuple[bytes, ...]
    login: CertificateLogin

    def file(self, folder: Path) -> Path:
        path = folder / f"{self.part.identity}.pem"
        path.write_bytes(certificate_pem(self.chain[0]))
        return path


async def certified(world: World) -> Ours:
    """As a renewal leaves it: issued by the signer, and on record."""
    part, key = world.pool[3].pop(), cast("PrivateKey", new_key("ec"))
    signer = signer_client(load_settings(world.settings))
    order = order_of(csr_of(key), part.identity, common_name=part.serial, organisation=OPERATOR)
    chain = cast("Issued", await signer.issue(order)).chain
    seen, key_digest = read_with_key(chain[0])
    row = IssuedCertificate(
        seen.fingerprint, StationId(part.identity), order.id, fingerprint(chain[1]).hex(),
        int(seen.serial_number, 16), part.serial, seen.not_before, seen.not_after,
        key_digest, chain, world.deployment.clock.now(),
    )  # fmt: skip
    async with world.deployment.store.begin() as work:
        await work.issued.save(row)
        await work.commit()
    return Ours(part, order, chain, CertificateLogin(certificate_pem(*chain), private_key_pem(key)))

"""Certificates for our authorities come back from whoever signed them; then servers get theirs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from voltward.adapters.durable_files import read_file, write_file
from voltward.adapters.pki.signer.authority_shelf import (
    FOLDER,
    WAITING,
    own_stations_authorities,
    split_name,
)
from voltward.adapters.vault import read_server_chain
from voltward.bootstrap.authority.server_renewal import RenewalOrder, renew_servers
from voltward.bootstrap.authority.signer import signer_at_hand
from voltward.bootstrap.deployment import Deployment
from voltward.crypto.issuing.authority_chains import chain_for_request, is_root
from voltward.crypto.issuing.hierarchy import Family, Role
from voltward.crypto.issuing.own_requests import read_own_request, requested_hosts
from voltward.crypto.issuing.server_certificates import read_server_certificates, without_root
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.pem import LARGEST_BUNDLE, certificate_pem, read_pem_bundle
from voltward.crypto.reading.trust_anchors import trust_problem
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.events import Event
from voltward.gateway.channel.served_chains import served_chains
from voltward.ports.authority import CertificateKind, CertificateOrder, Issued
from voltward.ports.vault import RoomName
from voltward.usecases.deployment.authority_papers import ROOTS_BUNDLE
from voltward.usecases.trust.trust_own_authorities import trust_own_authorities

LARGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Installed:
    """Authorities that have their certificates now, servers that got theirs, and who still waits."""

    authorities: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


async def install_authorities(deployment: Deployment, certificates: Sequence[bytes], actor: str) -> Installed:
    """Take over what belongs to a request of ours (`public/NAME.csr`). OperatorFault where nothing does."""
    public = deployment.settings.path(FOLDER)
    requests = _requests(public, authorities=True)
    chains = {name: chain_for_request(request, certificates) for name, request in requests.items()}
    ready = {name: chain for name, chain in chains.items() if chain}
    servers_wait = bool(_requests(deployment.settings.path(RoomName.GATEWAY), authorities=False))
    if not ready and (requests or not servers_wait):
        raise _for_nobody(public, sorted(requests))
    for name, chain in ready.items():
        check_chain(name, chain, deployment.clock.now())
    for name, chain in ready.items():
        write_file(public / f"{name}.pem", certificate_pem(*chain), 0o644)
        (public / f"{name}.csr").unlink()
    _add_roots(public, ready)
    await _record(deployment, ready, actor)
    servers = await _certify_servers(deployment) or await _bring_home(deployment, ready, actor)
    return Installed(tuple(sorted(ready)), servers, tuple(sorted(requests.keys() - ready.keys())))


def _for_nobody(public: Path, waiting: Sequence[str]) -> OperatorFault:
    if any(public.glob(f"*{WAITING}.csr")):
        return OperatorFault(
            "these are for no authority that waits here by itself; a root rotation waits, too.",
            mend="What is for that: `voltward ca rotate prepare FAMILY --chain FILE ...`.",
        )
    if not waiting:
        what = "no authority here waits for a certificate."
        return OperatorFault(what, mend="`voltward ca show` tells which there are.")
    return OperatorFault(
        f"none of these certificates is for {', '.join(waiting)}.",
        mend=f"Have the requests in {public} signed, and name what came back.",
    )


def check_chain(name: str, chain: Sequence[bytes], now: datetime) -> None:
    """OperatorFault for one that is no authority's, or does not lead to a root."""
    problem = trust_problem(chain[0], now)
    if problem is not None:
        raise OperatorFault(
            f"the certificate for {name} cannot be an authority's: {problem}.",
            mend="Have it signed as a CA with path length 0 or more.",
        )
    if not is_root(chain[-1]):
        raise OperatorFault(
            f"the chain of {name} ends at {read_certificate(chain[-1]).subject}, and not at a root.",
            mend="Name the certificates above it as well, up to the root: stations need to be given that.",
        )


def _add_roots(public: Path, ready: Mapping[str, Sequence[bytes]]) -> None:
    """What a station has to know: the roots above the CSMS CAs. One that was taken out stays out."""
    path = public / ROOTS_BUNDLE
    present = read_pem_bundle(read_file(path, LARGEST_BUNDLE)) if path.exists() else ()
    new = [chain[-1] for name, chain in ready.items() if (split_name(name) or ("",))[0] is Role.CSMS]
    roots = dict.fromkeys([*present, *new])
    if roots:
        write_file(path, certificate_pem(*roots), 0o644)


async def _record(deployment: Deployment, ready: Mapping[str, Sequence[bytes]], actor: str) -> None:
    own = own_stations_authorities(deployment.settings.path(FOLDER))
    await trust_own_authorities(deployment.store, own, actor, deployment.clock)
    async with deployment.store.begin() as work:
        for name, chain in ready.items():
            named, root = (read_certificate(der).subject for der in (chain[0], chain[-1]))
            facts = {"subject": named, "root": root}
            await work.journal(Event("authority_installed", deployment.clock.now(), actor, name, facts))
        await work.commit()


async def _certify_servers(deployment: Deployment) -> tuple[str, ...]:
    """Servers whose requests `init` has written get their first certificates, as far as there is a CA."""
    folder, done = deployment.settings.path(RoomName.GATEWAY), list[str]()
    requests = _requests(folder, authorities=False)
    if not requests:
        return ()
    async with signer_at_hand(deployment.settings) as signer:
        for name, request in requests.items():
            hosts = requested_hosts(request)
            number = f"server-{hashlib.sha256(request).hexdigest()}"
            organisation = deployment.settings.operator.name
            order = CertificateOrder(number, CertificateKind.SERVER, request, hosts[0], organisation, hosts)
            try:
                outcome = await signer.issue(order)
            except OutsideFault:
                continue  # its authority still waits
            if isinstance(outcome, Issued):
                write_file(folder / f"{name}.pem", certificate_pem(*without_root(outcome.chain)), 0o644)
                (folder / f"{name}.csr").unlink()
                done.append(name)
    return tuple(done)


async def _bring_home(deployment: Deployment, ready: Collection[str], actor: str) -> tuple[str, ...]:
    """Servers that the other family has certified while theirs waited: a station may know one kind alone."""
    arrived = {parts[1] for name in ready if (parts := split_name(name)) and parts[0] is Role.CSMS}
    gateway, astray = deployment.settings.gateway, list[str]()
    for name in served_chains(gateway.chains, gateway.host_chains).names:
        chain = read_server_certificates(read_server_chain(deployment.room, name)[0]).certificates
        families = [Family.RSA if one.key.kind == "rsa" else Family.ECDSA for one in chain[:2]]
        if families[0] in arrived and len(set(families)) > 1:
            astray.append(name)
    renewed = await renew_servers(deployment, RenewalOrder(tuple(astray)), actor) if astray else []
    return tuple(one.name for one in renewed if not one.skipped and one.failed is None)


def _requests(folder: Path, *, authorities: bool) -> dict[str, bytes]:
    files = (path for path in sorted(folder.glob("*.csr")))
    return {
        path.stem: read_own_request(read_file(path, LARGEST))
        for path in files
        if (split_name(path.stem) is not None) == authorities
    }

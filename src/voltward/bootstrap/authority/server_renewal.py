"""`voltward ca server-renew`: certificates for the gateway's own names, anew from whoever made them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from voltward.adapters.vault import read_server_chain, write_server_chain
from voltward.bootstrap.authority.server_orders import (
    InstalledServer,
    ServerOrder,
    hosts_of,
    is_due,
    order_server,
    tell_replaced,
)
from voltward.bootstrap.authority.server_origins import origin_of
from voltward.bootstrap.authority.signer import signer_at_hand
from voltward.bootstrap.deployment import Deployment
from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.server_certificates import ServerChainSeen, read_server_certificates
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError
from voltward.gateway.channel.served_chains import served_chains
from voltward.lifecycles.root_rotation import KIND, RootRotation
from voltward.ports.signer import Signer
from voltward.usecases.deployment.renew_server import ServerNames, renew_server

OURS = "our CSMS CA"


@dataclass(frozen=True, slots=True)
class RenewalOrder:
    """`names`: of chains, none for all that are served; `hosts`: others than theirs; `only_due`: a timer's.

    An authority outside is asked for what is due alone, unless a chain is named: it counts our orders.
    """

    names: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    only_due: bool = False


@dataclass(frozen=True, slots=True)
class RenewedServer:
    """A server certificate that replaced another; `skipped` says why it did not, `failed` who said no."""

    name: str
    maker: str
    hosts: tuple[str, ...] = ()
    not_after: datetime | None = None
    skipped: str = ""
    failed: VoltwardError | None = None


@dataclass(frozen=True, slots=True)
class _Chain:
    """One that is to be looked at; `hosts` are those that it is to have."""

    name: str
    seen: ServerChainSeen
    hosts: tuple[str, ...]
    origin: str
    is_ours: bool


async def renew_servers(deployment: Deployment, order: RenewalOrder, actor: str) -> list[RenewedServer]:
    """New keys and certificates; one that fails leaves the others their turn. The gateway hears of it.

    OperatorFault for a name that is not served, OutsideFault of our signer.
    """
    ahead = await _switched_ahead(deployment)
    renewed = list[RenewedServer]()
    async with signer_at_hand(deployment.settings) as signer:
        ours = {one.chain[0] for one in await signer.authorities()}
        for chain in _chosen(deployment, order, ours):
            skipped = _why_not(chain, order, deployment.clock.now(), ahead)
            maker = OURS if chain.is_ours else chain.origin
            if skipped:
                renewed.append(RenewedServer(chain.name, maker, chain.hosts, skipped=skipped))
            elif chain.is_ours:
                renewed.append(await _from_us(deployment, signer, chain, actor))
            else:
                renewed.append(await _from_outside(deployment, chain, actor))
    return renewed


async def _switched_ahead(deployment: Deployment) -> Collection[str]:
    """Chains that lead to a new root whose issuing CA signs only when all chains do."""
    async with deployment.store.read() as reading:
        states = [one.state for one in await reading.lifecycles.open(KIND, limit=1)]
    rotation = next((state for state in states if isinstance(state, RootRotation)), None)
    return [one.chain for one in rotation.switched] if rotation is not None and rotation.left else ()


def _chosen(deployment: Deployment, order: RenewalOrder, ours: Collection[bytes]) -> Iterator[_Chain]:
    gateway = deployment.settings.gateway
    served = served_chains(gateway.chains, gateway.host_chains)
    strange = [name for name in order.names if name not in served.names]
    if strange:
        raise OperatorFault(
            f"{strange[0]!r} is no chain that is served.", mend=f"Those are {', '.join(served.names)}."
        )
    for name in order.names or served.names:
        pem, _ = read_server_chain(deployment.room, name)
        seen = read_server_certificates(pem)
        hosts = order.hosts if order.names or name in served.usual else ()
        is_ours = bool(set(ours) & set(read_pem_bundle(pem)[1:]))
        yield _Chain(name, seen, hosts or hosts_of(seen), origin_of(deployment.room, name), is_ours)


def _why_not(chain: _Chain, order: RenewalOrder, now: datetime, ahead: Collection[str]) -> str:
    if not chain.is_ours and not chain.origin:
        return "nobody here made it (`voltward ca server-install` brings the next one)"
    if chain.name in ahead:
        return "it leads to the new root already, and others do not (`voltward ca rotate status`)"
    is_told = not order.only_due and (chain.is_ours or chain.name in order.names)
    if is_told or is_due(chain.seen, chain.hosts, now):
        return ""
    return f"it is good until {chain.seen.leaf.not_after:%Y-%m-%d}, and not due yet"


async def _from_us(deployment: Deployment, signer: Signer, chain: _Chain, actor: str) -> RenewedServer:
    if not chain.hosts:
        raise OperatorFault(f"{chain.name} names no host.", mend="Give it: --host csms.example.")
    family = Family.RSA if chain.seen.leaf.key.kind == "rsa" else Family.ECDSA
    names = ServerNames(family, deployment.settings.operator.name, chain.hosts)
    papers = await renew_server(signer, names, deployment.entropy)
    write_server_chain(deployment.room, chain.name, papers.chain_pem, papers.key)
    until = read_server_certificates(papers.chain_pem).leaf.not_after
    made = InstalledServer(chain.name, chain.hosts, until)
    await tell_replaced(deployment, "server_certificate_renewed", made, actor)
    return RenewedServer(chain.name, OURS, chain.hosts, until)


async def _from_outside(deployment: Deployment, chain: _Chain, actor: str) -> RenewedServer:
    try:
        made = await order_server(deployment, ServerOrder(chain.name, chain.origin, chain.hosts), actor)
    except (OperatorFault, OutsideFault) as fault:
        return RenewedServer(chain.name, chain.origin, chain.hosts, failed=fault)
    assert made is not None, "it was ordered whether or not it is due"
    return RenewedServer(chain.name, chain.origin, made.hosts, made.not_after)

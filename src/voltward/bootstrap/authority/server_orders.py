"""Orders about server certificates from authorities that are not ours: the gateway shows them as its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltward.adapters.vault import read_server_chain, write_server_chain
from voltward.bootstrap.authority.server_authorities import server_authority
from voltward.bootstrap.authority.server_origins import note_origin
from voltward.bootstrap.deployment import Deployment
from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.server_certificates import ServerChainSeen, read_server_certificates
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.vault import GatewayKey
from voltward.usecases.deployment.renew_server import ServerNames, renew_server
from voltward.wire.tls_context import ServerChain, build_server_context

DUE: Final = 1 / 3  # of its lifetime is left: a month with public certificates of 90 days
AHEAD: Final = timedelta(days=90)  # at the most: ours begin in the past, and live for years
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True)
class InstalledServer:
    """A server certificate that lies in the gateway's room now."""

    name: str
    hosts: tuple[str, ...]
    not_after: datetime


async def install_server(
    deployment: Deployment, chain: ServerChain, actor: str, origin: str = ""
) -> InstalledServer:
    """Seal its key and put the chain beside it, new or in the place of the one of this name.

    `origin`: the `[authority.NAME]` that will be asked for the next one; empty: a person brought it.
    OperatorFault for a name that other keys have, a key that is none of the chain's, a chain out of order.
    """
    check_name(chain.name)
    build_server_context([chain], [])
    seen = read_server_certificates(chain.certificate_pem)
    note_origin(deployment.room, chain.name, origin)
    write_server_chain(deployment.room, chain.name, chain.certificate_pem, chain.private_key)
    installed = InstalledServer(chain.name, hosts_of(seen), seen.leaf.not_after)
    await tell_replaced(deployment, "server_certificate_installed", installed, actor)
    return installed


async def tell_replaced(deployment: Deployment, kind: str, installed: InstalledServer, actor: str) -> None:
    """Journal it, and have the gateway read its chains again."""
    facts = {"hosts": installed.hosts, "until": installed.not_after.isoformat()}
    async with deployment.store.begin() as work:
        await work.journal(Event(kind, deployment.clock.now(), actor, installed.name, facts))
        work.tell_server_chains()
        await work.commit()


def check_name(name: str) -> None:
    """OperatorFault for a name that no server certificate can have, or that other keys have."""
    if not NAME.fullmatch(name) or name in set(GatewayKey):
        raise OperatorFault(
            f"{name!r} is no name for a server certificate.",
            mend="Take lower-case letters, digits and hyphens, as in second-ecdsa.",
        )


@dataclass(frozen=True, slots=True)
class ServerOrder:
    """`hosts`: none for those of the present certificate; `if_due`: only where that one is old enough."""

    name: str
    authority: str
    hosts: tuple[str, ...] = ()
    family: Family | None = None
    if_due: bool = False


async def order_server(deployment: Deployment, order: ServerOrder, actor: str) -> InstalledServer | None:
    """A new key, certified by an authority outside, in the place of the one of this name; None: not due yet.

    OperatorFault for an order that cannot be carried out, OutsideFault where the authority does not.
    """
    check_name(order.name)
    present = _present(deployment, order.name)
    hosts = order.hosts or (hosts_of(present) if present is not None else ())
    if not hosts:
        raise OperatorFault(f"{order.name} is new.", mend="Say what for: --host csms.example.")
    if order.if_due and present is not None and not is_due(present, hosts, deployment.clock.now()):
        return None
    family = order.family or (Family.RSA if present and present.leaf.key.kind == "rsa" else Family.ECDSA)
    authority = server_authority(deployment.settings, order.authority, deployment.room)
    names = ServerNames(family, deployment.settings.operator.name, hosts)
    papers = await renew_server(authority, names, deployment.entropy)
    chain = ServerChain(order.name, papers.chain_pem, papers.key)
    return await install_server(deployment, chain, actor, order.authority)


def _present(deployment: Deployment, name: str) -> ServerChainSeen | None:
    if name not in deployment.room.names() or not (deployment.room.folder / f"{name}.pem").exists():
        return None
    return read_server_certificates(read_server_chain(deployment.room, name)[0])


def hosts_of(seen: ServerChainSeen) -> tuple[str, ...]:
    """All names that it bears."""
    return (*seen.hosts, *seen.addresses)


def is_due(present: ServerChainSeen, hosts: tuple[str, ...], now: datetime) -> bool:
    """Whether it is old enough for a new one, or is to bear other names."""
    leaf = present.leaf
    ahead = min((leaf.not_after - leaf.not_before) * DUE, AHEAD)
    return now >= leaf.not_after - ahead or set(hosts) != set(hosts_of(present))


def server_chain(name: str, chain_pem: bytes, key_pem: bytes) -> ServerChain:
    """What two files hold, under the name that it is to have here."""
    return ServerChain(name, chain_pem, Secret(key_pem))

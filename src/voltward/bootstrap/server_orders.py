"""Orders about server certificates that somebody else has issued: the gateway shows them as its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.adapters.vault import write_server_chain
from voltward.bootstrap.deployment import Deployment
from voltward.crypto.server_certificates import read_server_certificates
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.ports.vault import GatewayKey
from voltward.wire.tls_context import ServerChain, build_server_context

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True)
class InstalledServer:
    """A server certificate that lies in the gateway's room now."""

    name: str
    hosts: tuple[str, ...]
    not_after: datetime


async def install_server(deployment: Deployment, chain: ServerChain, actor: str) -> InstalledServer:
    """Seal its key and put the chain beside it, new or in the place of the one of this name.

    OperatorFault for a name that other keys have, a key that is none of the chain's, a chain out of order.
    """
    if not NAME.fullmatch(chain.name) or chain.name in set(GatewayKey):
        raise OperatorFault(
            f"{chain.name!r} is no name for a server certificate.",
            mend="Take lower-case letters, digits and hyphens, as in second-ecdsa.",
        )
    build_server_context([chain], [])
    seen = read_server_certificates(chain.certificate_pem)
    write_server_chain(deployment.room, chain.name, chain.certificate_pem, chain.private_key)
    hosts = (*seen.hosts, *seen.addresses)
    facts = {"hosts": hosts, "until": seen.leaf.not_after.isoformat()}
    async with deployment.store.begin() as work:
        now = deployment.clock.now()
        await work.journal(Event("server_certificate_installed", now, actor, chain.name, facts))
        await work.commit()
    return InstalledServer(chain.name, hosts, seen.leaf.not_after)


def server_chain(name: str, chain_pem: bytes, key_pem: bytes) -> ServerChain:
    """What two files hold, under the name that it is to have here."""
    return ServerChain(name, chain_pem, Secret(key_pem))

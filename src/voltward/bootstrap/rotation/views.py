"""What a root rotation looks like from the settings: which chain a station is shown, and since when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from voltward.adapters.vault import read_server_chain
from voltward.bootstrap.deployment import Deployment
from voltward.bootstrap.rotation.chains import NEXT
from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.server_certificates import read_server_certificates
from voltward.domain.acquaintance import Manner
from voltward.gateway.channel.served_chains import served_chains
from voltward.lifecycles.root_rotation import RootRotation
from voltward.usecases.lifecycles.rotation_plan import PlanTerms, Prospect, plan_rotation

MOST_RELOADS: Final = 10_000


async def prospects_of(
    deployment: Deployment, rotation: RootRotation, chains: Sequence[str] = ()
) -> list[Prospect]:
    """How each station would fare if these chains were switched; where none is named, all of the rotation."""
    terms = PlanTerms(
        chains=tuple(chains) or rotation.chains,
        shown=_Shown(deployment),
        new=(*(name + NEXT for name in rotation.chains), *(one.chain for one in rotation.switched)),
        served_since=await served_since(deployment, rotation),
    )
    async with deployment.store.read() as reading:
        return await plan_rotation(reading, rotation, terms)


async def served_since(deployment: Deployment, rotation: RootRotation) -> datetime | None:
    """Since when the gateway has been showing the new chains as they are now; None: not yet.

    It takes chains up at SIGHUP, and tells so in the journal. Once all are switched the first time after that
    counts. Before, a canary's name may have been given to another chain by any of them: the last one counts.
    """
    switched_at = rotation.all_switched_at
    since = switched_at or max((one.at for one in rotation.switched), default=rotation.since)
    rows = await deployment.journal.of_kind("settings_reloaded", since, MOST_RELOADS)
    if not rows:
        return None
    return rows[0].event.at if switched_at is not None else rows[-1].event.at


class _Shown:
    """Which chains a station may have been shown that came like this; all that cannot be told apart."""

    def __init__(self, deployment: Deployment) -> None:
        gateway = deployment.settings.gateway
        self._served = served_chains(gateway.chains, gateway.host_chains)
        self._families: Mapping[str, Family] = {
            name: _family_of(read_server_chain(deployment.room, name)[0]) for name in self._served.names
        }

    def __call__(self, manner: Manner) -> Collection[str]:
        names = self._served.for_host(manner.server_name)
        if manner.suite.startswith("TLS_"):  # TLS 1.3: the suite says nothing about the certificate
            return names
        family = Family.ECDSA if "ECDSA" in manner.suite else Family.RSA
        return [name for name in names if self._families[name] is family]


def _family_of(pem: bytes) -> Family:
    return Family.RSA if read_server_certificates(pem).leaf.key.kind == "rsa" else Family.ECDSA

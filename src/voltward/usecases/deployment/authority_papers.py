"""The authorities of a new deployment on paper: what goes into its rooms, and what is public."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.crypto.issuing.hierarchy import (
    Family,
    Hierarchy,
    Role,
    Subordinates,
    make_hierarchy,
    make_server_credential,
    make_subordinates,
)
from voltward.crypto.issuing.issuance import Subject
from voltward.crypto.issuing.own_requests import certificate_request
from voltward.crypto.keys import KeySource, PrivateKey, make_key, private_key_pem
from voltward.crypto.reading.pem import request_pem
from voltward.domain.secret import Secret
from voltward.ports.clock import Entropy
from voltward.usecases.deployment.deployment_plan import DeploymentPlan

ROOTS_BUNDLE: Final = "roots.pem"


@dataclass(frozen=True, slots=True)
class ServerPaper:
    """A server's key, with its chain (`pem`), or with the request for its certificate (`csr`)."""

    key: Secret
    form: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AuthorityPapers:
    """`public`: files below `public/`; `roots`: which of them a station needs, the bundle first."""

    keys: Mapping[str, Secret]  # for the signer's room; none that a token keeps
    servers: Mapping[str, ServerPaper]  # for the gateway's
    public: Mapping[str, bytes]
    roots: tuple[str, ...]
    stations: tuple[bytes, ...]  # DER of the authorities for stations


def drawn_papers(plan: DeploymentPlan, now: datetime, entropy: Entropy, source: KeySource) -> AuthorityPapers:
    """Draw all of it: a hierarchy of our own, or authorities that wait for somebody else's signature."""
    if plan.below_others:
        made = make_subordinates(plan.operator_name, now, entropy, source)
        return _waiting_papers(plan, made, source)
    return _own_papers(plan, make_hierarchy(plan.operator_name, now, entropy, source), (now, entropy), source)


def _own_papers(
    plan: DeploymentPlan, hierarchy: Hierarchy, at: tuple[datetime, Entropy], source: KeySource
) -> AuthorityPapers:
    servers = dict[str, ServerPaper]()
    for family in hierarchy.families:
        server = make_server_credential(family.csms, plan.hosts, *at)
        paper = ServerPaper(private_key_pem(server.key), "pem", server.chain_pem)
        servers[f"server-{family.family}"] = paper
    named = hierarchy.named()
    roots = {f"{Role.ROOT}-{one.family}.pem": one.root.pem for one in hierarchy.families}
    return AuthorityPapers(
        _kept({name: authority.key for name, authority in named.items()}, source),
        servers,
        {f"{name}.pem": one.pem for name, one in named.items()} | {ROOTS_BUNDLE: hierarchy.roots_pem},
        (ROOTS_BUNDLE, *roots),
        tuple(one.stations.der for one in hierarchy.families),
    )


def _waiting_papers(plan: DeploymentPlan, made: Subordinates, source: KeySource) -> AuthorityPapers:
    servers = dict[str, ServerPaper]()
    for family in Family:
        key = make_key(family.leaf_key)
        request = certificate_request(key, Subject(plan.hosts[0], plan.operator_name), plan.hosts)
        servers[f"server-{family}"] = ServerPaper(private_key_pem(key), "csr", request_pem(request))
    keys = {name: one.key for name, one in made.waiting.items()} | {Role.FIRMWARE.value: made.firmware.key}
    public = {f"{name}.csr": request_pem(one.request) for name, one in made.waiting.items()}
    return AuthorityPapers(
        _kept(keys, source), servers, public | {f"{Role.FIRMWARE}.pem": made.firmware.pem}, (), ()
    )


def _kept(keys: Mapping[str, PrivateKey], source: KeySource) -> dict[str, Secret]:
    return {} if source.keeps_its_keys else {name: private_key_pem(key) for name, key in keys.items()}

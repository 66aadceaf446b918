"""A deployment comes into being: settings, authorities, rooms of keys, server chains, first administrator.

    voltward.toml            the settings
    gateway/                 the gateway's room of keys, and the chains of its server certificates
    signer/                  the signer's room: the keys of all authorities
    public/                  certificates of the authorities, for stations and auditors

The store is not touched: the caller saves `administrator`, `enrolment` and `authorities` into it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template

from voltward.crypto.enrolments import enrolment_digest, make_enrolment_token
from voltward.crypto.hierarchy import Hierarchy, make_hierarchy, make_server_credential
from voltward.crypto.keys import ed25519_public_pem, private_key_pem
from voltward.domain.authority import Authority
from voltward.domain.operator import Enrolment, Operator, Role
from voltward.domain.secret import Secret
from voltward.ports.clock import Clock, Entropy
from voltward.ports.vault import BuildSite, DeploymentSite, GatewayKey, KeyRoom, RoomName, Unlock, UnlockKind
from voltward.usecases.deployment_plan import ChosenUnlock, DeploymentPlan, check_plan, plan_warnings
from voltward.usecases.trust_own_authorities import own_authority

SETTINGS_FILE = "voltward.toml"
ROOTS_FILE = "public/roots.pem"

_TEMPLATE = "deployment.toml"
_UNLOCK_OCTETS = 32
_KEY_OCTETS = 32
# Long enough for a weekend between `init` and the first login.
_ENROLMENT = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class DeploymentMade:
    """What was made. `token` is told once, in the administrator's link; only `enrolment` is kept."""

    folder: Path
    roots: tuple[Path, ...]  # the bundle that a station needs, then each root alone
    authorities: tuple[Authority, ...]  # for stations; to be trusted from now on
    administrator: Operator
    enrolment: Enrolment
    token: Secret
    warnings: tuple[str, ...]

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / SETTINGS_FILE


def make_deployment(plan: DeploymentPlan, build: BuildSite, clock: Clock, entropy: Entropy) -> DeploymentMade:
    """Make all of it, or nothing. Takes about a second: keys are drawn.

    OperatorFault if the plan cannot be followed or the folder is not empty; OutsideFault if the disk fails.
    """
    check_plan(plan)
    now = clock.now()
    with build(plan.folder) as site:
        hierarchy = make_hierarchy(plan.operator_name, now, entropy)
        references = {
            RoomName.GATEWAY: _fill_gateway(site, plan, hierarchy, now, entropy),
            RoomName.SIGNER: _fill_signer(site, plan.signer_unlock, hierarchy, entropy),
        }
        roots = _publish(site, hierarchy)
        site.write(SETTINGS_FILE, _settings(plan, references))
    token = make_enrolment_token(entropy)
    return DeploymentMade(
        folder=plan.folder,
        roots=tuple(plan.folder / path for path in roots),
        # The stations CAs, not their roots: what a CSMS CA issued must never open the door as a station.
        authorities=tuple(own_authority(family.stations.der, clock) for family in hierarchy.families),
        administrator=Operator(plan.administrator, Role.ADMINISTRATOR, now),
        enrolment=Enrolment(plan.administrator, enrolment_digest(token), now + _ENROLMENT),
        token=token,
        warnings=plan_warnings(plan),
    )


def _fill_gateway(
    site: DeploymentSite, plan: DeploymentPlan, hierarchy: Hierarchy, now: datetime, entropy: Entropy
) -> str:
    room, reference = _room(site, RoomName.GATEWAY, plan.gateway_unlock, entropy)
    for family in hierarchy.families:
        name = f"server-{family.family}"
        server = make_server_credential(family, plan.hosts, now, entropy)
        room.put(name, private_key_pem(server.key))
        site.write(f"{RoomName.GATEWAY}/{name}.pem", server.chain_pem)
    for key in GatewayKey:
        secret = Secret(entropy.token(_KEY_OCTETS))
        room.put(key, secret)
        if key is GatewayKey.JOURNAL_SIGNING:
            site.write("public/journal-signing.pem", ed25519_public_pem(secret))
    return reference


def _fill_signer(
    site: DeploymentSite, chosen: ChosenUnlock | None, hierarchy: Hierarchy, entropy: Entropy
) -> str:
    room, reference = _room(site, RoomName.SIGNER, chosen, entropy)
    for name, authority in hierarchy.named().items():
        room.put(name, private_key_pem(authority.key))
    return reference


def _room(
    site: DeploymentSite, name: RoomName, chosen: ChosenUnlock | None, entropy: Entropy
) -> tuple[KeyRoom, str]:
    if chosen is not None:
        return site.room(name, chosen.unlock), chosen.reference
    key = Secret(entropy.token(_UNLOCK_OCTETS))
    room = site.room(name, Unlock(key, UnlockKind.KEY))
    path = f"{name}/unlock.key"
    site.write(path, key.reveal(), private=True)
    return room, f"file:{path}"


def _publish(site: DeploymentSite, hierarchy: Hierarchy) -> tuple[str, ...]:
    for name, authority in hierarchy.named().items():
        site.write(f"public/{name}.pem", authority.pem)
    site.write(ROOTS_FILE, hierarchy.roots_pem)
    return (ROOTS_FILE, *(f"public/root-{family.family}.pem" for family in hierarchy.families))


def _settings(plan: DeploymentPlan, references: dict[RoomName, str]) -> bytes:
    template = Template(files("voltward.usecases").joinpath(_TEMPLATE).read_text(encoding="utf-8"))
    values = {
        "operator_name": plan.operator_name,
        "csms_url": plan.csms_url,
        "gateway_unlock": references[RoomName.GATEWAY],
        "signer_unlock": references[RoomName.SIGNER],
        "store_url": plan.store.url,
        "store_password": plan.store.password,
        "store_tls": plan.store.tls,
        "store_ca": plan.store.ca,
    }
    # A JSON string is a TOML basic string too, for everything that `check_plan` lets pass.
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
    return template.substitute(quoted).encode("utf-8")

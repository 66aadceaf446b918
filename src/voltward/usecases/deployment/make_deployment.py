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
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from string import Template

from voltward.crypto.issuing.hierarchy import DRAWN
from voltward.crypto.keys import KeySource, ed25519_public_pem
from voltward.crypto.tokens.enrolments import enrolment_digest, make_enrolment_token
from voltward.domain.authority import Authority
from voltward.domain.operator import Enrolment, Operator, Role
from voltward.domain.secret import Secret
from voltward.ports.clock import Clock, Entropy
from voltward.ports.vault import BuildSite, DeploymentSite, GatewayKey, KeyRoom, RoomName, Unlock, UnlockKind
from voltward.usecases.deployment.authority_papers import ROOTS_BUNDLE, AuthorityPapers, drawn_papers
from voltward.usecases.deployment.deployment_plan import (
    ChosenUnlock,
    DeploymentPlan,
    check_plan,
    plan_warnings,
)
from voltward.usecases.trust.trust_own_authorities import own_authority

SETTINGS_FILE = "voltward.toml"
ROOTS_FILE = f"public/{ROOTS_BUNDLE}"
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
    waiting: tuple[Path, ...]  # requests for authorities, to be signed elsewhere
    administrator: Operator
    enrolment: Enrolment
    token: Secret
    warnings: tuple[str, ...]

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / SETTINGS_FILE


def make_deployment(
    plan: DeploymentPlan, build: BuildSite, clock: Clock, entropy: Entropy, keys: KeySource = DRAWN
) -> DeploymentMade:
    """Make all of it, or nothing. Takes about a second: keys are drawn.

    `keys`: where those of the authorities are made. OperatorFault if the plan cannot be followed or the
    folder is not empty; OutsideFault if the disk fails.
    """
    check_plan(plan)
    now = clock.now()
    with build(plan.folder) as site:
        papers = drawn_papers(plan, now, entropy, keys)
        references = {
            RoomName.GATEWAY: _fill_gateway(site, plan, papers, entropy),
            RoomName.SIGNER: _fill_signer(site, plan.signer_unlock, papers, entropy),
        }
        for path, content in papers.public.items():
            site.write(f"public/{path}", content)
        site.write(SETTINGS_FILE, _settings(plan, references))
    token = make_enrolment_token(entropy)
    return DeploymentMade(
        folder=plan.folder,
        roots=tuple(plan.folder / "public" / path for path in papers.roots),
        # The stations CAs, not their roots: what a CSMS CA issued must never open the door as a station.
        authorities=tuple(own_authority(der, clock) for der in papers.stations),
        waiting=tuple(plan.folder / "public" / path for path in papers.public if path.endswith(".csr")),
        administrator=Operator(plan.administrator, Role.ADMINISTRATOR, now),
        enrolment=Enrolment(plan.administrator, enrolment_digest(token), now + _ENROLMENT),
        token=token,
        warnings=plan_warnings(plan),
    )


def _fill_gateway(
    site: DeploymentSite, plan: DeploymentPlan, papers: AuthorityPapers, entropy: Entropy
) -> str:
    room, reference = _room(site, RoomName.GATEWAY, plan.gateway_unlock, entropy)
    for name, server in papers.servers.items():
        room.put(name, server.key)
        site.write(f"{RoomName.GATEWAY}/{name}.{server.form}", server.content)
    for key in GatewayKey:
        secret = Secret(entropy.token(_KEY_OCTETS))
        room.put(key, secret)
        if key is GatewayKey.JOURNAL_SIGNING:
            site.write("public/journal-signing.pem", ed25519_public_pem(secret))
    return reference


def _fill_signer(
    site: DeploymentSite, chosen: ChosenUnlock | None, papers: AuthorityPapers, entropy: Entropy
) -> str:
    room, reference = _room(site, RoomName.SIGNER, chosen, entropy)
    for name, key in papers.keys.items():
        room.put(name, key)
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


def _settings(plan: DeploymentPlan, references: dict[RoomName, str]) -> bytes:
    template = Template(files("voltward.usecases").joinpath(_TEMPLATE).read_text(encoding="utf-8"))
    values = {
        "operator_name": plan.operator_name,
        "csms_url": plan.csms_url,
        "endpoint": f"wss://{_in_url(plan.hosts[0])}:8443/ocpp",
        "gateway_unlock": references[RoomName.GATEWAY],
        "signer_unlock": references[RoomName.SIGNER],
        "store_url": plan.store.url,
        "store_password": plan.store.password,
        "store_tls": plan.store.tls,
        "store_ca": plan.store.ca,
    }
    # A JSON string is a TOML basic string too, for everything that `check_plan` lets pass.
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
    text = template.substitute(quoted)
    if plan.token is not None:
        said = {"pkcs11": plan.token.module, "token": plan.token.label, "pin": plan.token.pin}
        lines = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in said.items())
        text += "\n".join(("", "[signer]", "# The token that has the authorities' keys.", *lines, ""))
    return text.encode("utf-8")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host

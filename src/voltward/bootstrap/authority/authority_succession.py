"""`voltward ca replace`: the next issuing CA of its role and family, with a new key, below the same root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from voltward.adapters.durable_files import write_file
from voltward.adapters.pki.signer.authority_shelf import (
    FOLDER,
    next_generation,
    read_shelf,
    split_name,
)
from voltward.bootstrap.authority.authority_install import install_authorities
from voltward.bootstrap.authority.authority_keys import open_keys
from voltward.bootstrap.authority.signer import signer_at_hand
from voltward.bootstrap.deployment import Deployment
from voltward.crypto.issuing.hierarchy import Family, Role, certify_subordinate, make_successor
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.reading.pem import read_pem_bundle, request_pem
from voltward.domain.errors import OperatorFault
from voltward.ports.signer import AuthorityState, SignerAuthority


@dataclass(frozen=True, slots=True)
class Succession:
    """`request`: what the root has to sign elsewhere; None where its key is here, and `name` signs by now."""

    name: str
    predecessor: str
    predecessor_id: str
    request: Path | None


async def replace_authority(deployment: Deployment, name: str, actor: str) -> Succession:
    """Make it. The signer takes the newest that it has the key of, so the predecessor signs for nobody more.

    What that one has signed stays good until it is revoked. OperatorFault: no issuing CA of ours.
    """
    role, family = _place(name)
    public = deployment.settings.path(FOLDER)
    before = await _newest(deployment, role, family)
    following = f"{role}-{family}.{next_generation(public, family)}"
    with open_keys(deployment.settings) as keys:
        organisation = deployment.settings.operator.name
        made = make_successor(following, role, family, organisation, deployment.entropy, keys.source)
        keys.keep(following, made.key)
        request = public / f"{following}.csr"
        write_file(request, request_pem(made.request), 0o644)
        shelf = read_shelf(public, keys.room, keys.find_key)
        root = next((one.issuing for one in shelf.values() if one.ders[0] == before.chain[-1]), None)
        signed = _signed(deployment, made.request, root) if root is not None else None
    if signed is not None:
        await install_authorities(deployment, read_pem_bundle(signed), actor)
    return Succession(following, before.name, before.id, None if signed is not None else request)


def _signed(deployment: Deployment, request: bytes, root: IssuingAuthority) -> bytes:
    return certify_subordinate(request, lambda _family: root, deployment.clock.now(), deployment.entropy)


def _place(name: str) -> tuple[Role, Family]:
    found = split_name(name)
    if found is None or found[0] not in (Role.CSMS, Role.STATIONS) or not found[1]:
        raise OperatorFault(
            f"{name!r} is no issuing CA of ours.",
            mend="Name one that `voltward ca show` lists, as in stations-ca-ecdsa. "
            "A root is replaced by `voltward ca rotate`.",
        )
    return found[0], Family(found[1])


async def _newest(deployment: Deployment, role: Role, family: Family) -> SignerAuthority:
    """The one that is active: during a rotation, the next ones wait below another root."""
    async with signer_at_hand(deployment.settings) as signer:
        known = [(split_name(one.name), one) for one in await signer.authorities()]
    active = [
        (place[2], one)
        for place, one in known
        if place is not None and place[:2] == (role, family) and one.state is AuthorityState.ACTIVE
    ]
    if not active:
        raise OperatorFault(
            f"there is no active {role}-{family} to be replaced.",
            mend="`voltward ca show` tells what there is; what waits for its certificate needs `ca install`.",
        )
    return max(active, key=lambda found: found[0])[1]

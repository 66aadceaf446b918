"""A deployment from nothing: files and keys by the use case, then the store with its first administrator."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from voltward.adapters.deployment_site import clear_unfinished, deployment_sites
from voltward.adapters.secret_references import resolve_reference
from voltward.adapters.sql.engines.access import StoreTls
from voltward.adapters.system_clock import SystemClock, SystemEntropy
from voltward.adapters.vault import unlock_for_new_room
from voltward.bootstrap.authority.token import open_token_at
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.environment import environment
from voltward.bootstrap.store_orders import StoreState, store_status
from voltward.crypto.issuing.hierarchy import DRAWN
from voltward.crypto.keys import KeySource
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.settings import Settings, SignerSettings, StoreSettings, load_settings
from voltward.usecases.deployment.deployment_plan import (
    DEFAULT_STORE,
    ChosenStore,
    ChosenToken,
    ChosenUnlock,
    DeploymentPlan,
)
from voltward.usecases.deployment.make_deployment import DeploymentMade, make_deployment


@dataclass(frozen=True, slots=True)
class Choices:
    """What need not be chosen: references to what opens the rooms of keys, and another store."""

    gateway_unlock: str | None = None
    signer_unlock: str | None = None
    store: ChosenStore = DEFAULT_STORE
    below_others: bool = False
    token: ChosenToken | None = None


NO_CHOICES: Final = Choices()


async def initialise(
    folder: Path,
    operator_name: str,
    hosts: tuple[str, ...],
    csms_url: str,
    administrator: str,
    choices: Choices = NO_CHOICES,
) -> tuple[DeploymentMade, str]:
    """Make it, or leave nothing behind; returns what was made and the administrator's one-time link."""
    clock, entropy = SystemClock(), SystemEntropy()
    await _check_store(folder, choices.store)
    cleared = clear_unfinished(folder)
    plan = _with_choices(DeploymentPlan(folder, operator_name, hosts, csms_url, administrator), choices)
    with _keys(choices.token, folder) as keys:
        made = make_deployment(plan, deployment_sites(entropy), clock, entropy, keys)
    try:
        settings = load_settings(made.settings)
        async with (
            open_deployment(settings, must_exist=False) as deployment,
            deployment.store.begin() as work,
        ):
            for authority in made.authorities:
                await work.authorities.save(authority)
            await work.operators.save(made.administrator)
            await work.operators.put_enrolment(made.enrolment)
            facts = {"administrator": made.administrator.name, "operator": operator_name}
            await work.journal(Event("deployment_made", clock.now(), "init", str(made.folder), facts))
            await work.commit()
    except BaseException:
        _empty(made.folder)
        raise
    # The one place where the token is shown. It stands behind the `#`, so that no server's log ever sees it.
    link = f"https://{settings.portal.listen}/enrol#{made.token.reveal().decode('ascii')}"
    return replace(made, warnings=(*cleared, *made.warnings)), link


def _with_choices(plan: DeploymentPlan, choices: Choices) -> DeploymentPlan:
    return replace(
        plan,
        gateway_unlock=_chosen(plan.folder, choices.gateway_unlock),
        signer_unlock=_chosen(plan.folder, choices.signer_unlock),
        store=choices.store,
        below_others=choices.below_others,
        token=choices.token,
    )


@contextmanager
def _keys(token: ChosenToken | None, folder: Path) -> Iterator[KeySource]:
    if token is None:
        yield DRAWN
        return
    opened = open_token_at(SignerSettings(pkcs11=token.module, token=token.label, pin=token.pin), folder)
    try:
        yield opened
    finally:
        opened.close()


async def _check_store(folder: Path, store: ChosenStore) -> None:
    """What is in a store was journalled with other keys: a new deployment begins an empty one."""
    if store == DEFAULT_STORE:
        return  # a file in the folder, which has to be empty
    status = await store_status(_store_settings(folder, store))
    if status.state not in {StoreState.ABSENT, StoreState.EMPTY}:
        raise OperatorFault(
            "there is something in this database already.",
            mend="Make another one for the new deployment.",
            subject=status.name,
        )


def _store_settings(folder: Path, store: ChosenStore) -> Settings:
    place = StoreSettings(store.url, store.password, StoreTls(store.tls).value, store.ca)
    return Settings(store=place, folder=str(folder.absolute()))


def _chosen(folder: Path, reference: str | None) -> ChosenUnlock | None:
    if reference is None:
        return None
    return ChosenUnlock(reference, unlock_for_new_room(resolve_reference(reference, folder, environment())))


def _empty(folder: Path) -> None:
    """Leave nothing behind but the folder itself: it may be a mount, or where somebody's shell stands."""
    for part in folder.iterdir():
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)

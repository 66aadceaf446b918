"""All checks in the order in which a person would go: settings, machine, disk, keys, certificates, store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from voltward.adapters.system_clock import SystemClock
from voltward.adapters.vault import Room
from voltward.bootstrap.deployment import Deployment, deployment_on, premises_in
from voltward.bootstrap.gateway.assembly import assemble
from voltward.bootstrap.gateway.grounds import grounds_on
from voltward.bootstrap.rooms import open_room
from voltward.bootstrap.soundness import (
    authorities,
    files,
    machine,
    network,
    outside_authorities,
    policies,
    proxies,
    registry,
    rooms,
    routes,
)
from voltward.bootstrap.soundness.quirks import check_quirks
from voltward.bootstrap.soundness.remarks import Note, Remark, Soundness, from_fault, guarded, is_error, sound
from voltward.bootstrap.soundness.server_chains import check_server_chains
from voltward.domain.errors import VoltwardError
from voltward.ports.clock import Clock
from voltward.ports.vault import RoomName
from voltward.rulebook.catalogue import load_rulebook
from voltward.settings import Settings, notes


async def check_deployment(settings: Settings, file: Path, clock: Clock | None = None) -> Soundness:
    """Everything that `serve` would open is opened and closed again; whatever stands in its way is told.

    Without a clock, by the system's.
    """
    now = (clock or SystemClock()).now()
    remarks = [*_settings(settings, now), *_machine_and_disk(settings, file)]
    opened: list[Room] = []
    remarks += guarded(lambda: _opened(settings, opened))
    room = opened[0] if opened else None
    if room is not None:
        remarks += guarded(lambda: check_server_chains(settings, room, now))
    remarks += guarded(lambda: rooms.check_signer_room(settings))
    remarks += guarded(lambda: authorities.check_authorities(settings, now))
    remarks += [remark async for remark in _store(settings, room, now)]
    remarks += [Note(text) for text in notes(settings)]
    return sound(remarks)


def _settings(settings: Settings, now: datetime) -> Iterator[Remark]:
    rulebook = load_rulebook()
    checks: tuple[Callable[[], Iterable[Remark]], ...] = (
        lambda: policies.check_operator(settings),
        lambda: policies.check_groups(settings, rulebook),
        lambda: policies.check_observed(settings, now),
        lambda: policies.check_places(settings),
        lambda: policies.check_known_keys(settings),
        lambda: routes.check_routes(settings),
        lambda: routes.check_ways(settings),
        lambda: check_quirks(settings, now),
        lambda: policies.check_renewals(settings),
        lambda: outside_authorities.check_outside_authorities(settings),
        lambda: network.check_plain(settings),
        lambda: network.check_enrolment(settings),
        lambda: network.check_metrics(settings),
        lambda: network.check_publication(settings),
        lambda: proxies.check_proxies(settings),
        lambda: proxies.check_terminated(settings),
        lambda: network.check_ports(network.addresses(settings)),
    )
    for check in checks:
        yield from guarded(check)


def _machine_and_disk(settings: Settings, file: Path) -> Iterator[Remark]:
    checks: tuple[Callable[[], Iterable[Remark]], ...] = (
        machine.check_openssl,
        lambda: files.check_writers(file),
        lambda: files.check_readers(settings),
        lambda: files.check_room_on_disk(settings),
        lambda: files.check_heads(settings),
        lambda: files.check_spool(settings),
    )
    for check in checks:
        yield from guarded(check)


def _opened(settings: Settings, found: list[Room]) -> Iterator[Remark]:
    """Open the gateway's room, for whoever comes after."""
    room = open_room(settings, RoomName.GATEWAY)
    found.append(room)
    yield from rooms.check_gateway_room(room)


async def _store(settings: Settings, room: Room | None, now: datetime) -> AsyncIterator[Remark]:
    """Without the room's keys nothing of it can be read; why there is no room has been told."""
    try:
        async for remark in registry.check_store_is_there(settings):
            yield remark
            if is_error(remark):
                return  # opening would make it
        if room is None:
            return
        async with deployment_on(premises_in(settings, room)) as deployment:
            for remark in await _registry(deployment, now):
                yield remark
            assemble(deployment, await grounds_on(deployment.store, deployment))
    except VoltwardError as fault:
        yield from_fault(fault)


async def _registry(deployment: Deployment, now: datetime) -> list[Remark]:
    async with deployment.store.read() as work:
        trusted, stations = await work.authorities.all(), await work.stations.all()
        looks = await work.foreign_lists.looks()
    newest = [row.event.at for row in await deployment.journal.tail(1)]
    return [
        *guarded(lambda: registry.check_authorities(trusted, now)),
        *registry.check_lists(trusted, looks, now),
        *registry.check_groups_in_use(stations, deployment.settings),
        *routes.check_tenants_in_use(stations, deployment.settings),
        *machine.check_open_files(len(stations)),
        *machine.check_clock(max(newest, default=None), now),
    ]

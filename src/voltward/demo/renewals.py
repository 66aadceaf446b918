"""Certificates for life: first ones, next ones, and one that a station says it took and never uses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from voltward.bootstrap.authority.renewal_orders import renewal_plan
from voltward.crypto.reading.certificates import fingerprint
from voltward.demo.business import live_a_day
from voltward.demo.cast import BILLING, CAST, FIELD, Manner, Part
from voltward.demo.deployment import ACTOR
from voltward.demo.orders import REVOKED_CODE, cut_off
from voltward.demo.outcome import Seen
from voltward.demo.players import Player
from voltward.demo.stage import Scene, Stage, Thread
from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.domain.station_entry import StationEntry
from voltward.lifecycles.renewal_state import RenewalOrigin
from voltward.simulator.dial import password_login
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, order_renewal
from voltward.usecases.views.queries import show_station

_PATIENCE: Final = 60.0  # for all the steps between gateway, worker, signer and station, on a slow machine
_LOOK: Final = 0.1
_ROWS: Final = 50
_BITES_SECONDS: Final = 1.0  # until the gateway knows of a new station (ruling 9)


def renewal_threads() -> tuple[Thread, ...]:
    """A field station from nothing; a renewal in each version, and one's end; one that is never used."""
    field = Scene(
        f"{FIELD.identity}: from nothing to profile 3 (OCPP {FIELD.version})",
        "in with a commissioning password; comes back with a certificate of ours; its floor rises to 3",
        _enrolled,
    )
    ended = Scene(
        f"{BILLING.withdrawn}: the certificate that we have issued is revoked while it is connected",
        f"its link closed with {REVOKED_CODE} within a second; refused when it comes back",
        _cut_off,
    )
    renewed: dict[str, Thread] = {
        part.identity: (_renewed(part),) for part in CAST if part.manner is Manner.RENEWS
    }
    renewed[BILLING.withdrawn] = (*renewed[BILLING.withdrawn], ended)
    ignored = tuple((_ignored(part),) for part in CAST if part.manner is Manner.IGNORES)
    return ((field,), *renewed.values(), *ignored)


async def _enrolled(stage: Stage) -> Seen:
    player, clock = stage.players[FIELD.identity], stage.site.deployment.clock
    who = (FIELD.identity, "--profile", "3", "--serial", FIELD.serial, "--site", FIELD.site)
    added = await stage.command("station", "add", *who, "--commission")
    player.dial = stage.dial_of(FIELD, password_login(FIELD.dialect, Secret(added["password"].encode())))
    await asyncio.sleep(_BITES_SECONDS)
    began = clock.monotonic()
    async with _coming_back(player):
        if await _row(stage, FIELD, "certificate_renewed") is None:
            return await _stands(stage, FIELD)
        proven = clock.monotonic() - began
        await player.leave()  # the next link on profile 3 shuts the way back (ruling 13)
        raised = await _row(stage, FIELD, "floor_raised")
        faults = await live_a_day(stage.csms, player)
    entry = await show_station(stage.site.deployment.store, StationId(FIELD.identity))
    floor = int(entry.station.floor)
    said = f"password on profile 2, certificate proven on profile 3 after {proven:.1f} s, floor {floor}"
    ok = raised is not None and floor == int(FIELD.profile) and not faults
    return _seen(FIELD, "; ".join((said, *faults)), ok=ok)


def _renewed(part: Part) -> Scene:
    async def play(stage: Stage) -> Seen:
        player = stage.players[part.identity]
        old, began = await _ordered(stage, player), stage.site.deployment.clock.monotonic()
        async with _coming_back(player):
            if await _row(stage, part, "certificate_renewed") is None:
                return await _stands(stage, part)
            took = stage.site.deployment.clock.monotonic() - began
            faults = await live_a_day(stage.csms, player)
        states = _states(await show_station(stage.site.deployment.store, StationId(part.identity)))
        expected = {old: CredentialState.SUPERSEDED, _shown(player): CredentialState.ACTIVE}
        said = f"in with its new certificate after {took:.1f} s, the old one superseded, business goes on"
        return _seen(part, "; ".join((said, *faults)), ok=states == expected and not faults)

    return Scene(
        f"{part.identity}: its certificate is renewed (OCPP {part.version})",
        "asked for, issued, installed, proven; only then the old one is superseded",
        play,
    )


async def _cut_off(stage: Stage) -> Seen:
    player = stage.players[BILLING.withdrawn]
    if not player.is_connected:  # it renewed its certificate just now, and may be between two links
        await player.enter()
    return await cut_off(stage, player, _shown(player))


def _ignored(part: Part) -> Scene:
    async def play(stage: Stage) -> Seen:
        player = stage.players[part.identity]
        old = await _ordered(stage, player)
        async with _coming_back(player):
            told = await _row(stage, part, "attention_needed")
            if told is None:
                return await _stands(stage, part)
            faults = await live_a_day(stage.csms, player)
        states = _states(await show_station(stage.site.deployment.store, StationId(part.identity)))
        ok = _shown(player) == old and states.get(old) is CredentialState.ACTIVE and not faults
        return _seen(part, "; ".join((f"the operator is told: {told.facts['what']}", *faults)), ok=ok)

    return Scene(
        f"{part.identity}: says Accepted, and never uses it (OCPP {part.version})",
        "the old certificate stays in force, business goes on, the operator is told",
        play,
    )


async def _ordered(stage: Stage, player: Player) -> bytes:
    """It comes in, and its renewal is ordered; what it came in with."""
    await player.enter()
    await _row(stage, player.part, "credential_proven")  # it has one on record
    shown, deployment = _shown(player), stage.site.deployment
    order = RenewalOrder(StationId(player.part.identity), RenewalOrigin.OPERATOR, ACTOR)
    moment = Moment(deployment.clock.now(), deployment.entropy, ACTOR)
    await order_renewal(deployment.store, order, renewal_plan(deployment.settings), moment)
    return shown


@asynccontextmanager
async def _coming_back(player: Player) -> AsyncIterator[None]:
    """As a station does whenever its link has ended, for as long as the block lasts."""

    async def come_back() -> None:
        while True:
            if not player.is_connected:
                await player.enter()
            await asyncio.sleep(_LOOK)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(come_back())
        yield
        task.cancel()


async def _row(stage: Stage, part: Part, kind: str) -> Event | None:
    """The row of this kind about the station, as soon as it is there; None: not in time."""
    clock = stage.site.deployment.clock
    ends = clock.monotonic() + _PATIENCE
    while clock.monotonic() < ends:
        rows = await stage.site.deployment.journal.tail(_ROWS, subject=part.identity)
        found = [row.event for row in rows if row.event.kind == kind]
        if found:
            return found[-1]
        await asyncio.sleep(_LOOK)
    return None


async def _stands(stage: Stage, part: Part) -> Seen:
    """Where it stopped, by what the journal said last."""
    rows = await stage.site.deployment.journal.tail(_ROWS, subject=part.identity)
    last = rows[-1].event.kind if rows else "nothing"
    return _seen(part, f"not done within {_PATIENCE:g} s; the journal said last: {last}", ok=False)


def _seen(part: Part, said: str, *, ok: bool) -> Seen:
    return Seen(said, ok, look_at=f"voltward lifecycle list; voltward station show {part.identity}")


def _shown(player: Player) -> bytes:
    """The fingerprint of the certificate that its last link came up with; empty for none."""
    shown = player.certificate
    return fingerprint(shown) if shown is not None else b""


def _states(entry: StationEntry) -> dict[bytes, CredentialState]:
    certificates = ((c.proof, c.state) for c in entry.credentials)
    return {proof.fingerprint: state for proof, state in certificates if isinstance(proof, ClientCertificate)}

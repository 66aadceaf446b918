"""Orders of the operator, while everybody is connected: each has to bite within a second of being given."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from voltward.demo.business import ask, charge_on_order
from voltward.demo.calls import PHRASEBOOKS, answer_words, is_accepted
from voltward.demo.cast import BILLING, LATE
from voltward.demo.days import a_day
from voltward.demo.deployment import ACTOR
from voltward.demo.gateway_log import Search
from voltward.demo.outcome import Seen
from voltward.demo.players import Player
from voltward.demo.stage import Scene, Stage, Thread
from voltward.domain.secret import Secret
from voltward.ports.authority import RevocationReason
from voltward.simulator.dial import PasswordLogin, password_login
from voltward.simulator.frames import CALL_ERROR
from voltward.simulator.link import HttpRefused, open_link, words
from voltward.usecases.revocation.revoke_certificates import RevocationOrder, revoke_certificates

#: From the moment when an order is committed to the moment when the gateway has acted on it (ruling 9).
BITES_SECONDS: Final = 1.0
_PATIENCE: Final = 10.0  # how long it is waited for, to tell how late it was
_LOOK: Final = 0.02
_ROWS: Final = 20
_LOG_SECONDS: Final = 5.0
REVOKED_CODE: Final = 4003
_LANE_ORDERS: Final = frozenset({"station_quarantine_ordered", "station_release_ordered"})


def order_threads() -> tuple[Thread, ...]:
    """Registration, quarantine and release on the command line, a revocation, a CSMS that overreaches."""
    return (
        (
            Scene(
                f"{LATE.identity}: registered while the gateway runs",
                "refused before; let in within a second of `voltward station add`",
                _registered_late,
            ),
        ),
        (
            Scene(
                f"{BILLING.ordered}: quarantined and released on the command line",
                "its live link changes lane within a second, both times",
                _quarantined_and_released,
            ),
        ),
        (
            Scene(
                f"{BILLING.revoked}: its certificate is revoked while it is connected",
                f"its link closed with {REVOKED_CODE} within a second; refused when it comes back",
                _revoked,
            ),
            Scene(
                f"{BILLING.revoked}: `voltward station explain` tells why",
                "the deciding control is CERT-04, with what to do",
                _explained,
            ),
        ),
        (
            Scene(
                f"{BILLING.commanded}: its CSMS sets a password and a harmless setting",
                "the password never reaches the station; the setting does",
                _commanded,
            ),
        ),
    )


async def _registered_late(stage: Stage) -> Seen:
    player = stage.players[LATE.identity]
    player.dial = stage.dial_of(LATE, PasswordLogin(Secret(b"not-registered-yet")))
    before = await open_link(player.dial)
    if not isinstance(before, HttpRefused) or before.status != 401:
        return Seen(f"before: {words(before)}", ok=False, look_at="the gateway's log")
    order = ("station", "add", LATE.identity, "--serial", LATE.serial, "--profile", str(int(LATE.profile)))
    added = await stage.command(*order)
    player.dial = stage.dial_of(LATE, password_login(LATE.dialect, Secret(added["password"].encode())))
    await asyncio.sleep(BITES_SECONDS)
    seen = await a_day(stage, player)
    return Seen(f"HTTP 401 before; {BITES_SECONDS:g} s after: {seen.words}", seen.ok, seen.look_at)


async def _quarantined_and_released(stage: Stage) -> Seen:
    player = stage.players[BILLING.ordered]
    identity = player.part.identity
    reason = ("--reason", "a demo")
    kept = await _ordered(stage, "repair", "station", "quarantine", identity, "--lane", "repair", *reason)
    answer = await ask(stage.csms, player, PHRASEBOOKS[player.part.dialect].start)
    freed = await _ordered(stage, "admitted", "station", "release", identity, *reason)
    faults = await charge_on_order(stage.csms, player)
    if answer.kind != CALL_ERROR:
        faults.append(f"in quarantine the CSMS's order was {answer_words(answer)}")
    if not player.is_connected:
        faults.append("its link did not live through it")
    late = max(kept, freed)
    if late > BITES_SECONDS:
        faults.append(f"the gateway acted {late:.1f} s after the order")
    if faults:
        return Seen("; ".join(faults), ok=False, look_at=f"voltward station explain {identity}")
    return Seen(
        f"quarantined after {kept:.2f} s, and the CSMS's order refused ({answer.error}); "
        f"released after {freed:.2f} s",
        ok=True,
    )


async def _ordered(stage: Stage, lane: str, *order: str) -> float:
    """Give an order on the command line; seconds from its row in the journal until the lane was changed."""
    deployment, identity = stage.site.deployment, order[2]
    await stage.command(*order)
    rows = await deployment.journal.tail(_ROWS, subject=identity)
    given = max(row.event.at for row in rows if row.event.kind in _LANE_ORDERS)
    ends = deployment.clock.monotonic() + _PATIENCE
    while deployment.clock.monotonic() < ends:
        event = stage.gateway.log.last(Search({"lane_changed"}, subject=identity))
        if event is not None and event.text("lane") == lane:
            return (datetime.fromisoformat(event.at) - given).total_seconds()
        await asyncio.sleep(_LOOK)
    return _PATIENCE


async def _revoked(stage: Stage) -> Seen:
    certificate = stage.papers.certificates[BILLING.revoked].fingerprint
    return await cut_off(stage, stage.players[BILLING.revoked], certificate)


async def cut_off(stage: Stage, player: Player, certificate: bytes) -> Seen:
    """Its certificate (fingerprint) is revoked while it is connected, and it comes back with it."""
    deployment, identity = stage.site.deployment, player.part.identity
    order = RevocationOrder("the board was stolen", ACTOR, RevocationReason.KEY_COMPROMISE)
    given = deployment.clock.monotonic()
    await revoke_certificates(deployment.store, [certificate], order, deployment.clock)
    if not await player.until(lambda: player.departure is not None, seconds=_PATIENCE):
        return Seen("its link lives on", ok=False, look_at="the gateway's log: link_revoked")
    closing = player.departure.closing if player.departure is not None else None
    code, late = closing.code if closing else None, player.left_at - given
    again = await player.enter()
    refused = isinstance(again, HttpRefused) and again.status == 401
    said = f"closed with {code} after {late:.2f} s; when it came back: {words(again)}"
    ok = code == REVOKED_CODE and late <= BITES_SECONDS and refused
    return Seen(said, ok, look_at=f"voltward station explain {identity}")


async def _explained(stage: Stage) -> Seen:
    told = await stage.command("station", "explain", BILLING.revoked)
    said = f"{told['answer']} by {told['control']}: {told['reason']}. {told['advice']}"
    ok = told["answer"] == "refused" and told["control"] == "CERT-04" and bool(told["advice"])
    return Seen(said, ok, look_at=f"voltward station explain {BILLING.revoked}")


async def _commanded(stage: Stage) -> Seen:
    player: Player = stage.players[BILLING.commanded]
    book = PHRASEBOOKS[player.part.dialect]
    asked = player.model.tally.asked
    password = await ask(stage.csms, player, book.set_password)
    reached = player.model.tally.asked != asked
    setting = await ask(stage.csms, player, book.set_harmless)
    arrived = player.model.tally.asked == asked + 1
    search = Search({"message_blocked"}, subject=player.part.identity)
    blocked = await stage.gateway.log.wait_for(search, _LOG_SECONDS)
    said = f"password: {answer_words(password)}; setting: {answer_words(setting)}"
    ok = answer_words(password) == "Rejected" and not reached and is_accepted(setting) and arrived
    control = f" ({blocked.text('control')})" if blocked is not None else ", and the gateway said nothing"
    return Seen(said + control, ok and blocked is not None, look_at="the gateway's log: message_blocked")

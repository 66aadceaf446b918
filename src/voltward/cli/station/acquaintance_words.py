"""How a station comes, in words and as facts: what `station show` tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from voltward.domain.acquaintance import Acquaintance, Habits, MannerSeen


def acquaintance_facts(known: Acquaintance | None) -> dict[str, object] | None:
    """For `--json`; None: it was never seen."""
    if known is None:
        return None
    wanting, habits = known.wanting, known.habits
    return {
        "first_seen": known.first_seen,
        "last_seen": known.last_seen,
        "ready": known.is_ready,
        "ready_at": known.ready_at,
        "wanting": {
            "at": wanting.at,
            "would": wanting.would.value,
            "control": wanting.control,
            "reason": wanting.detail,
            "csms_took_header": wanting.csms_took_header,
        }
        if wanting is not None
        else None,
        "habits": {
            "at": habits.at,
            "clock_skew_seconds": habits.clock_skew,
            "ping_seconds": habits.ping_seconds,
            "answers_pings": habits.answers_pings,
        }
        if habits is not None
        else None,
        "connections": [_manner_facts(seen) for seen in reversed(known.manners)],
    }


def acquaintance_lines(known: Acquaintance | None) -> Iterator[str]:
    """In words, the newest manner first."""
    if known is None:
        yield "connection: never seen"
        return
    if known.wanting is not None and not known.is_ready:
        wanting = known.wanting
        yield f"not ready: {wanting.control} at {_time(wanting.at)} ({wanting.would.value}): {wanting.detail}"
    for seen in reversed(known.manners):
        yield f"connection: {_manner_words(seen)}"
    if known.habits is not None:
        yield from _habit_words(known.habits)


def _manner_words(seen: MannerSeen) -> str:
    manner = seen.manner
    over = f"{manner.tls} {manner.suite}" if manner.tls else "plain"
    group = f", {manner.key_group}" if manner.key_group else ""
    name = f", to {manner.server_name}" if manner.server_name else ""
    times = f"{seen.count} handshake{'s' if seen.count > 1 else ''}, last {_time(seen.last_seen)}"
    return (
        f"profile {manner.profile} with {manner.credential}, {manner.subprotocol}, from {manner.source}, "
        f"{over}{group}{name}; {times}, first {_time(seen.first_seen)}"
    )


def _habit_words(habits: Habits) -> Iterator[str]:
    if habits.clock_skew is not None:
        side = "ahead of" if habits.clock_skew >= 0 else "behind"
        yield f"clock: {abs(habits.clock_skew):.0f} s {side} ours"
    if habits.ping_seconds is not None:
        yield f"pings: its own every {habits.ping_seconds:.0f} s"
    if habits.answers_pings is not None:
        yield f"pings: ours are {'answered' if habits.answers_pings else 'never answered'}"


def _manner_facts(seen: MannerSeen) -> dict[str, object]:
    manner = seen.manner
    return {
        "profile": manner.profile,
        "credential": manner.credential,
        "subprotocol": manner.subprotocol,
        "source": manner.source,
        "tls": manner.tls or None,
        "suite": manner.suite or None,
        "group": manner.key_group or None,
        "server_name": manner.server_name or None,
        "first_seen": seen.first_seen,
        "last_seen": seen.last_seen,
        "handshakes": seen.count,
    }


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"

"""`voltward lifecycle ...`: what is under way with stations, where it stands, and its end by order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cyclopts import App

from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import Options, actor, print_facts, print_json, print_line, print_table, run
from voltward.lifecycles.machines import MACHINES
from voltward.ports.lifecycles import Lifecycle
from voltward.settings import load_settings
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle, lifecycle_named
from voltward.usecases.views.certificate_calendar import open_lifecycles

LOOKED_THROUGH = 5000  # rows about the station; what is older is in the journal itself

app = App(name="lifecycle", help="What is under way with stations: list, show, cancel.")


@app.command(name="list")
def list_(*, options: Options = Options()) -> None:
    """All that is under way: since when in which phase, and what somebody should do."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            found = await open_lifecycles(deployment.store, MACHINES)
        if options.json:
            print_json([lifecycle_facts(each) for each in found])
        elif not found:
            print_line("Nothing is under way.")
        else:
            print_table(
                ("id", "station", "kind", "phase", "by"),
                ((e.id[:12], str(e.station or "-"), e.kind, phase_words(e), e.started_by) for e in found),
            )

    run(story())


@app.command
def show(lifecycle: str, *, options: Options = Options()) -> None:
    """One, by 8 digits of its id: where it stands, and what was told of it, oldest first."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            found = await lifecycle_named(deployment.store, lifecycle)
            subject = str(found.station) if found.station is not None else None
            rows = await deployment.journal.tail(LOOKED_THROUGH, subject=subject)
        told = [row.event for row in rows if row.event.facts.get("lifecycle") == found.id]
        if options.json:
            history = [{"at": each.at, "kind": each.kind, "facts": dict(each.facts)} for each in told]
            print_json({**lifecycle_facts(found), "history": history})
            return
        print_facts(lifecycle_facts(found))
        for each in told:
            said = {name: value for name, value in each.facts.items() if name not in ("lifecycle", "of_kind")}
            words = ", ".join(f"{name} {value}" for name, value in said.items())
            print_line(f"{each.at:%Y-%m-%d %H:%M:%S}  {each.kind}: {words}")

    run(story())


@app.command
def cancel(lifecycle: str, *, options: Options = Options()) -> None:
    """End one, by 8 digits of its id. What the station may hold by now stays good."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            moment = Moment(deployment.clock.now(), deployment.entropy, actor())
            ended = await cancel_lifecycle(deployment.store, lifecycle, actor(), moment)
        if options.json:
            print_json(lifecycle_facts(ended))
        else:
            print_facts(lifecycle_facts(ended))

    run(story())


def lifecycle_facts(lifecycle: Lifecycle) -> dict[str, object]:
    """A life-cycle, as JSON tells it."""
    facts: dict[str, object] = {
        "id": lifecycle.id,
        "kind": lifecycle.kind,
        "station": str(lifecycle.station) if lifecycle.station is not None else None,
        "phase": lifecycle.state.phase.value,
        "started_at": lifecycle.started_at,
        "started_by": lifecycle.started_by,
        "wakes_at": lifecycle.wake_at,
        "ended_at": lifecycle.ended_at,
    }
    told = _told(lifecycle)
    return facts | {"since": told.since, "problem": told.problem or None, "mend": told.mend or None}


def phase_words(lifecycle: Lifecycle) -> str:
    """Where it stands, since when, and what to do."""
    told = _told(lifecycle)
    since = f" since {told.since:%Y-%m-%d %H:%M}" if told.since is not None else ""
    words = [text.rstrip(".") for text in (told.problem, told.mend) if text]
    said = f": {'. '.join(words)}." if words else ""
    return f"{lifecycle.state.phase.value}{since}{said}"


@dataclass(frozen=True, slots=True)
class _Told:
    since: datetime | None
    problem: str
    mend: str


def _told(lifecycle: Lifecycle) -> _Told:
    """What a state says beside its phase; a kind that needs no mending has no words for it."""
    state = lifecycle.state
    return _Told(getattr(state, "since", None), getattr(state, "problem", ""), getattr(state, "mend", ""))

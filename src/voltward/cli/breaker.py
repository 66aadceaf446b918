"""`voltward breaker ...`: what holds while many stations are refused for one reason, and its end."""

from __future__ import annotations

from cyclopts import App

from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import FINDINGS, Options, actor, print_json, print_line, run
from voltward.domain.breaker import Trip
from voltward.domain.errors import OperatorFault
from voltward.settings import load_settings
from voltward.usecases.admission.breaker_trips import list_trips, release_breaker

app = App(name="breaker", help="Many stations refused for one reason: what holds meanwhile.")


@app.command
def status(*, options: Options = Options()) -> int:
    """What the breaker holds. Exit status 1 if it holds anything."""

    async def story() -> int:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            trips = await list_trips(deployment.store)
            titles = {trip.control: deployment.rulebook.by_id[trip.control].title for trip in trips}
        if options.json:
            print_json([_facts(trip) for trip in trips])
        elif not trips:
            print_line("The breaker holds nothing.")
        else:
            for trip in trips:
                print_line(f"{trip.control} ({titles[trip.control]}): {_words(trip)}")
        return FINDINGS if any(trip.holds for trip in trips) else 0

    return run(story())


@app.command
def release(*controls: str, reason: str, options: Options = Options()) -> None:
    """Let the refusals happen: of these controls, or of all that hold.

    Trust that was taken away meanwhile is gone then. A control that has not tripped may be named, to
    announce refusals that are meant.
    """

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            leaning = deployment.rulebook.leaning
            if other := sorted(set(controls) - leaning):
                raise OperatorFault(
                    f"the breaker never holds {', '.join(other)}.",
                    mend=f"It may hold {', '.join(sorted(leaning))}.",
                )
            released = await release_breaker(deployment.store, controls, reason, actor(), deployment.clock)
        if options.json:
            print_json([_facts(trip) for trip in released])
            return
        for trip in released:
            print_line(f"{trip.control}: released. Whoever fails it is refused from now on.")

    run(story())


def _facts(trip: Trip) -> dict[str, object]:
    return {
        "control": trip.control,
        "holds": trip.holds,
        "at": trip.at,
        "refused": trip.refused,
        "among": trip.among,
        "known_since": trip.known_since,
        "released_at": trip.released_at,
        "released_by": trip.released_by,
        "reason": trip.reason,
    }


def _words(trip: Trip) -> str:
    if trip.released_at is not None:
        return f"released {trip.released_at:%Y-%m-%d %H:%M} UTC by {trip.released_by} ({trip.reason})"
    when = f"{trip.at:%Y-%m-%d %H:%M} UTC"
    return (
        f"holds since {when}: {trip.refused} of {trip.among} stations were refused. "
        f"Who came in by right since {trip.known_since:%Y-%m-%d} is let in."
    )

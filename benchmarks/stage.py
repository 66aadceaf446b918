"""The servers of a run side by side, with the load in front of them and the CSMS behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bare_target import running_bare
from benchmarks.cpu import Cores
from benchmarks.crew import Crew, running_crew
from benchmarks.fleet import Fleet
from benchmarks.libraries import running_mobilityhouse, running_ocpp_rpc
from benchmarks.nginx import running_nginx
from benchmarks.rounds import Field
from benchmarks.voltward_target import deploy, running_gateway


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run takes place: its folder, the port of its CSMS, its cores."""

    folder: Path
    csms_port: int
    cores: Cores


@contextmanager
def standing_field(place: Place, fleet: Fleet, *, self_check: bool = False) -> Iterator[tuple[Crew, Field]]:
    """All servers with that fleet known to them, on one core; a second nginx in Voltward's place to check."""
    core, home = place.cores.server, fleet.stations_root.parent
    with ExitStack() as stack:
        yardstick = stack.enter_context(running_nginx(fleet, place.csms_port, core, home / "nginx"))
        if self_check:
            ours = stack.enter_context(running_nginx(fleet, place.csms_port, core, home / "second nginx"))
            others = ()
        else:
            deployed = deploy(fleet, place.csms_port, home / "voltward")
            fleet = deployed.equipped(fleet)
            ours = stack.enter_context(running_gateway(deployed, core, home / "serve.log"))
            libraries = (running_ocpp_rpc, running_mobilityhouse)
            bare = stack.enter_context(running_bare(fleet, place.csms_port, core, home))
            others = (bare, *(stack.enter_context(run(fleet, core, home)) for run in libraries))
        field = Field(yardstick, ours, ("127.0.0.1", place.csms_port), others)
        roots = {str(root): None for target in field.all for root in target.server_roots}
        yield stack.enter_context(running_crew(len(place.cores.load), fleet.stations, tuple(roots))), field

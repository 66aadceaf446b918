"""`voltward station quirk`: one station may do something otherwise, until a date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.gateway.quirk_rules import check_dialect
from voltward.cli.frame import Options, actor, print_facts, print_json, run
from voltward.cli.parameters import Flag, Tenant
from voltward.cli.words import station_facts
from voltward.domain.errors import OperatorFault
from voltward.domain.quirk import QuirkGrant
from voltward.domain.station import StationId
from voltward.rulebook.quirks import Definitions, definition_of, load_quirks, read_grant
from voltward.settings import load_settings
from voltward.usecases.fleet.grant_quirk import end_quirk, grant_quirk


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Terms:
    """Until when a quirk holds, who answers for it, why, and its parameters; or that it ends."""

    with_: Annotated[
        list[str] | None, Parameter(name="--with", help="A parameter, as NAME=VALUE; once for each.")
    ] = None
    until: Annotated[str | None, Parameter(help="2027-03-31, that day included.")] = None
    owner: Annotated[str | None, Parameter(help="Who answers for it.")] = None
    reason: Annotated[str | None, Parameter(help="Why.")] = None
    end: Annotated[Flag, Parameter(help="End it before its time.")] = False

    def grant(self, quirk: str, station: StationId, definitions: Definitions) -> QuirkGrant | None:
        """The grant; None where it is to end. OperatorFault for what is missing or not understood."""
        if self.end:
            return None
        dated = {"until": self.until or "", "owner": self.owner or "", "reason": self.reason or ""}
        grant = read_grant(quirk, {**_given(self.with_), **dated}, definitions, "station", str(station))
        check_dialect(grant, str(station))
        return grant


_NO_TERMS = Terms()


def quirk(
    identity: str,
    name: str,
    *,
    terms: Terms = _NO_TERMS,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """Grant one station a quirk until a date, or end it. `voltward rulebook quirks` shows all of them."""
    station = StationId.read(identity, tenant)
    definitions = load_quirks()
    known = definition_of(name, definitions, str(station))
    grant = terms.grant(name, station, definitions)

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            store, clock = deployment.store, deployment.clock
            if grant is not None:
                record = await grant_quirk(store, station, grant, actor(), clock)
            else:
                record = await end_quirk(store, station, known.quirk, actor(), clock)
        print_json(station_facts(record)) if options.json else print_facts(station_facts(record))

    run(story())


def _given(pairs: list[str] | None) -> dict[str, object]:
    given: dict[str, object] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise OperatorFault(
                f"--with {pair!r} has no value.", mend="Write --with NAME=VALUE, as in --with octets=8."
            )
        given[name] = int(value) if value.isdecimal() else value
    return given

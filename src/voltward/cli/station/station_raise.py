"""`voltward station raise`: stations are led to a higher security profile."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from voltward.bootstrap.authority.renewal_orders import renewal_plan
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.gateway.station_places import station_places
from voltward.cli.frame import Options, actor, print_json, print_line, run
from voltward.cli.lifecycle import lifecycle_facts, phase_words
from voltward.cli.parameters import Tenant
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.raise_profile import Raising, raise_profile


def raise_(
    *identities: str,
    profile: Annotated[Literal[2, 3], Parameter(help="Where they shall come in.")] = 3,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """Lead stations to a higher profile. One without a certificate gets it first."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            now, places = deployment.clock.now(), station_places(deployment.settings)
            moment = Moment(now, deployment.entropy, actor(), place_of=places)
            plan = renewal_plan(deployment.settings)
            wanted = SecurityProfile(profile)
            begun = [
                await raise_profile(
                    deployment.store, Raising(StationId.read(identity, tenant), wanted, actor()), plan, moment
                )
                for identity in identities
            ]
        if options.json:
            print_json([lifecycle_facts(each) for each in begun])
            return
        for each in begun:
            print_line(f"{each.station}: {each.kind}: {phase_words(each)}")

    run(story())

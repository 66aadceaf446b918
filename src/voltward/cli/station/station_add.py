"""`voltward station add | credential`: what opens the door to a station, told once."""

from __future__ import annotations

from dataclasses import replace

from voltward.bootstrap.authority.renewal_orders import issuing
from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import Options, print_facts, print_json, print_line, run
from voltward.cli.parameters import Tenant
from voltward.cli.station.station_orders import NewCredential, NewStation
from voltward.cli.words import station_facts
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.usecases.fleet.enroll_station import Enrolled, enroll_station
from voltward.usecases.fleet.replace_credential import replace_credential

_ORDINARY, _MADE = NewStation(), NewCredential()


def add(
    identity: str, *, new: NewStation = _ORDINARY, tenant: Tenant = None, options: Options = Options()
) -> None:
    """Register a station; prints its password once."""
    order = new.order(StationId.read(identity, tenant))

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            deployment.check_tenant(order.station)
            first = replace(order, issuing=issuing(deployment.settings))
            enrolled = await enroll_station(
                deployment.store, first, deployment.password_keys, deployment.clock, deployment.entropy
            )
            remarks = (*enrolled.remarks, *deployment.remarks_on_group(enrolled.station.group))
        _say_enrolled(replace(enrolled, remarks=remarks), options)

    run(story())


def credential(
    identity: str, *, new: NewCredential = _MADE, tenant: Tenant = None, options: Options = Options()
) -> None:
    """Give a station another credential; a made password is told once. The old one opens the repair lane."""
    order = new.order(StationId.read(identity, tenant))

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            given = await replace_credential(
                deployment.store, order, deployment.password_keys, deployment.clock, deployment.entropy
            )
        _say_enrolled(given, options)

    run(story())


def _say_enrolled(enrolled: Enrolled, options: Options) -> None:
    said = station_facts(enrolled.station)
    if enrolled.password is not None:
        # The one place where a password is shown: once, to whoever ordered it.
        said["password"] = enrolled.password.reveal().decode("ascii")
    if options.json:
        print_json({**said, "remarks": list(enrolled.remarks)})
        return
    print_facts(said)
    for remark in enrolled.remarks:
        print_line(f"note: {remark}")
    if enrolled.password is not None and not enrolled.station.profile.uses_password:
        print_line(
            "It comes with this password on profile 2, gets its certificate at once, and is raised to 3 when "
            "that is proven: `voltward lifecycle list`."
        )
    if enrolled.password is not None:
        print_line(
            "The password is shown this once. A station that wants text gets it as it stands; "
            "one that wants an AuthorizationKey, the 20 octets that it spells."
        )

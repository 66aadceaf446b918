"""`voltward station recommission`: a swapped board, a factory reset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from cyclopts import Parameter

from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import Options, actor, print_facts, print_json, print_line, run
from voltward.cli.parameters import Flag, Tenant
from voltward.cli.reading import read_date
from voltward.cli.words import allowance_words, station_facts
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.usecases.fleet.recommission_station import Recommissioned, Recommissioning, recommission_station

_TIME = timedelta(days=14)  # until somebody has been there twice


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class NewHardware:
    """What is known of the new hardware, and until when it may come in with what it is given now."""

    new_serial: Annotated[str | None, Parameter(help="The new board's serial.")] = None
    learn_serial: Annotated[Flag, Parameter(help="Take the serial from the first boot.")] = False
    profile: Annotated[Literal[1, 2], Parameter(help="The profile that it first comes in with.")] = 2
    until: Annotated[str | None, Parameter(help="2027-03-31, that day included; else two weeks.")] = None


_THE_SAME = NewHardware()


def recommission(
    identity: str,
    *,
    reason: str,
    new: NewHardware = _THE_SAME,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """New hardware under an old identity: what the old one had is denied, a password is told once."""
    until = read_date(new.until) if new.until is not None else None

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            order = Recommissioning(
                station=StationId.read(identity, tenant),
                actor=actor(),
                reason=reason,
                until=until or deployment.clock.now() + _TIME,
                profile=SecurityProfile(new.profile),
                new_serial=new.new_serial,
                learn_serial=new.learn_serial,
            )
            done = await recommission_station(
                deployment.store, order, deployment.password_keys, deployment.clock, deployment.entropy
            )
        _say(done, order, options)

    run(story())


def _say(done: Recommissioned, order: Recommissioning, options: Options) -> None:
    said = station_facts(done.station)
    if done.station.allowance is not None:
        said["allowance"] = allowance_words(done.station.allowance)
    said["password"] = done.password.reveal().decode("ascii")  # shown once, to whoever ordered it
    said["until"] = order.until
    denied = [fingerprint.hex() for fingerprint in done.denied]
    remarks = _remarks(done, order)
    if options.json:
        print_json({**said, "denied": denied, "retired": done.retired, "remarks": remarks})
        return
    print_facts(said)
    for fingerprint in denied:
        print_line(f"denied: certificate {fingerprint[:16]}")
    for remark in remarks:
        print_line(f"note: {remark}")


def _remarks(done: Recommissioned, order: Recommissioning) -> list[str]:
    """What comes next, and what could not be done."""
    waits = (
        f"the password is shown this once and ends on {order.until:%Y-%m-%d %H:%M} UTC. With it the station "
        "waits outside the CSMS; what ends that is its production credential: its new certificate, or "
        f"`voltward station credential {done.station.id}`."
    )
    remarks = [waits]
    if done.station.profile is SecurityProfile.TLS_CERTIFICATE and not done.denied:
        remarks.append(
            "no certificate of the old hardware is on record. If it had one, deny it: "
            "`voltward cert revoke --file FILE`."
        )
    if done.station.serial is None and not order.learn_serial:
        remarks.append("no serial is on record: a certificate that is bound by serial will not open.")
    return remarks

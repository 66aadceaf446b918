"""`voltward station csms-password`: what a station's dial shows to its CSMS."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.gateway.gateway_keys import csms_password_box
from voltward.cli.frame import Options, actor, print_json, print_line, run
from voltward.cli.parameters import Flag, Tenant
from voltward.cli.reading import read_password
from voltward.crypto.sealing import NONCE_OCTETS
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.settings import load_settings
from voltward.usecases.fleet.csms_password import keep_csms_password

PasswordFile = Annotated[str | None, Parameter(help="A file that holds it; `-` reads standard input.")]
Remove = Annotated[Flag, Parameter(help="Keep none any more.")]


def csms_password(
    identity: str,
    *,
    password_file: PasswordFile = None,
    remove: Remove = False,
    tenant: Tenant = None,
    options: Options = Options(),
) -> None:
    """Keep, sealed, the password that a station has at its CSMS (for `basic = "stored"`), or remove it."""
    if (password_file is None) is not remove:
        raise OperatorFault("nothing to do, or too much.", mend="Give --password-file FILE, or --remove.")
    password = read_password(password_file) if password_file is not None else None
    station = StationId.read(identity, tenant)

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            sealed = b""
            if password is not None:
                box = csms_password_box(deployment.room, deployment.entropy)
                sealed = box.sealed(station, password, deployment.entropy.token(NONCE_OCTETS))
            await keep_csms_password(deployment.store, station, sealed, actor(), deployment.clock)
        if options.json:
            print_json({"station": str(station), "csms_password": bool(sealed)})
        else:
            kept = "is kept, sealed: its next dial shows it" if sealed else "is not kept any more"
            print_line(f"{station}: its password at the CSMS {kept}.")

    run(story())

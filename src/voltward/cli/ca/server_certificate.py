"""`voltward ca server-order`, `ca server-install`: server certificates from authorities that are not ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap import open_deployment
from voltward.bootstrap.authority.server_orders import (
    InstalledServer,
    ServerOrder,
    install_server,
    order_server,
    server_chain,
)
from voltward.cli.frame import Options, actor, print_json, print_line, run
from voltward.cli.reading import octets_of
from voltward.crypto.issuing.hierarchy import Family
from voltward.settings import load_settings


def server_order(
    name: str,
    *,
    from_: Annotated[str, Parameter(name="--from")],
    host: Annotated[list[str] | None, Parameter(negative=())] = None,
    key: Family | None = None,
    due: bool = False,
    options: Options = Options(),
) -> None:
    """Have an `[authority.NAME]` of kind acme certify a new key for these hosts. SIGHUP takes it up.

    Without --host for those of the present certificate of this name. With --due only where that one has
    lived two thirds of its time: what a timer calls every day.
    """
    order = ServerOrder(name, from_, tuple(host or ()), key, due)

    async def story() -> InstalledServer | None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            return await order_server(deployment, order, actor())

    installed = run(story())
    if installed is not None:
        _say(installed, options)
    elif options.json:
        print_json({"name": name, "hosts": None, "until": None})
    else:
        print_line(f"{name}: not due yet, left as it is.")


def server_install(name: str, *, chain: Path, key: Path, options: Options = Options()) -> None:
    """Take a server certificate with its key: PEM, leaf first, the key unencrypted. SIGHUP takes it up.

    `name` is what `gateway.chains` or `gateway.host_chains` calls it; one of this name is replaced.
    """
    found = server_chain(name, octets_of(chain), octets_of(key))

    async def story() -> InstalledServer:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            return await install_server(deployment, found, actor())

    _say(run(story()), options)
    if not options.json:
        print_line(f"Its key is sealed in the gateway's room now: {key} need not stay.")


def _say(installed: InstalledServer, options: Options) -> None:
    if options.json:
        print_json({"name": installed.name, "hosts": installed.hosts, "until": installed.not_after})
        return
    hosts = ", ".join(installed.hosts) or "no host"
    print_line(f"{installed.name}: for {hosts}, until {installed.not_after:%Y-%m-%d}")
    print_line("Name it in gateway.chains or gateway.host_chains, and send the gateway SIGHUP.")

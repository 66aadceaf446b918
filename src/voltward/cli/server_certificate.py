"""`voltward ca server-install`: a server certificate from an authority that is not ours."""

from __future__ import annotations

from pathlib import Path

from voltward.bootstrap import open_deployment
from voltward.bootstrap.server_orders import InstalledServer, install_server, server_chain
from voltward.cli.frame import Options, actor, print_json, print_line, run
from voltward.cli.reading import octets_of
from voltward.settings import load_settings


def server_install(name: str, *, chain: Path, key: Path, options: Options = Options()) -> None:
    """Take a server certificate with its key: PEM, leaf first, the key unencrypted. SIGHUP takes it up.

    `name` is what `gateway.chains` or `gateway.host_chains` calls it; one of this name is replaced.
    """
    found = server_chain(name, octets_of(chain), octets_of(key))

    async def story() -> InstalledServer:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            return await install_server(deployment, found, actor())

    installed = run(story())
    if options.json:
        told = {"name": installed.name, "hosts": installed.hosts, "until": installed.not_after}
        print_json(told)
        return
    hosts = ", ".join(installed.hosts) or "no host"
    print_line(f"{installed.name}: for {hosts}, until {installed.not_after:%Y-%m-%d}")
    print_line("Name it in gateway.chains or gateway.host_chains, and send the gateway SIGHUP.")
    print_line(f"Its key is sealed in the gateway's room now: {key} need not stay.")

"""`voltward ca server-renew`, `server-order`, `server-install`: certificates for the gateway's own names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.authority.server_orders import (
    InstalledServer,
    ServerOrder,
    install_server,
    order_server,
    server_chain,
)
from voltward.bootstrap.authority.server_renewal import RenewalOrder, RenewedServer, renew_servers
from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import Options, actor, print_json, print_line, run
from voltward.cli.reading import octets_of
from voltward.crypto.issuing.hierarchy import Family
from voltward.settings import load_settings

BY_ITSELF = "The gateway shows newcomers the new ones by itself; no link is cut."


def server_renew(
    *names: str,
    due: bool = False,
    host: Annotated[list[str] | None, Parameter(negative=())] = None,
    options: Options = Options(),
) -> None:
    """New keys and certificates for the gateway's own names, from whoever made the last ones.

    All that are served: ours at once, those of an `[authority.NAME]` when they are due; or those named, at
    once. With --due ours wait, too, until they are: what a timer calls every day.
    """
    order = RenewalOrder(names, tuple(host or ()), due)

    async def story() -> list[RenewedServer]:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            return await renew_servers(deployment, order, actor())

    renewed = run(story())
    if options.json:
        print_json([_renewed_facts(one) for one in renewed])
    else:
        for one in renewed:
            print_line(_renewed_words(one))
        if any(one.not_after for one in renewed):
            print_line(BY_ITSELF)
    for one in renewed:
        if one.failed is not None:
            raise one.failed


def _renewed_words(one: RenewedServer) -> str:
    if one.failed is not None:
        return f"{one.name}: {one.maker} gave none, and it stays as it is."
    if one.not_after is None:
        return f"{one.name}: left as it is, since {one.skipped}."
    return f"{one.name}: for {', '.join(one.hosts)}, from {one.maker}, until {one.not_after:%Y-%m-%d}"


def _renewed_facts(one: RenewedServer) -> dict[str, object]:
    return {
        "name": one.name,
        "from": one.maker or None,
        "hosts": one.hosts,
        "until": one.not_after,
        "skipped": one.skipped,
        "failed": str(one.failed) if one.failed is not None else None,
    }


def server_order(
    name: str,
    *,
    from_: Annotated[str, Parameter(name="--from")],
    host: Annotated[list[str] | None, Parameter(negative=())] = None,
    key: Family | None = None,
    due: bool = False,
    options: Options = Options(),
) -> None:
    """Have an `[authority.NAME]` of kind acme certify a new key for these hosts.

    Without --host for those of the present certificate of this name. With --due only where that one is old
    enough. From then on `voltward ca server-renew --due` asks the same authority for the next ones.
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
    """Take a server certificate with its key: PEM, leaf first, the key unencrypted.

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
    print_line("Where it is served already, newcomers are shown it by itself. Where it is new: name it in")
    print_line("gateway.chains or gateway.host_chains, and send the gateway SIGHUP.")

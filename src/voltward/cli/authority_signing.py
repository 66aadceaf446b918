"""`voltward ca install`, `ca root`, `ca replace`: authorities get their certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap import open_deployment
from voltward.bootstrap.authority_install import Installed, install_authorities
from voltward.bootstrap.authority_succession import replace_authority
from voltward.bootstrap.offline_root import make_offline_root, sign_offline
from voltward.cli.frame import JSON_FLAG, Options, actor, print_json, print_line, run
from voltward.cli.reading import certificates_in
from voltward.domain.errors import OperatorFault
from voltward.settings import load_settings


def install(*files: Path, options: Options = Options()) -> None:
    """Bring back the certificates of our authorities, with those above them; servers get theirs from them."""
    if not files:
        raise OperatorFault("which certificates?", mend="Name the files that came back, the root's too.")
    certificates = [der for file in files for der in certificates_in(file)]

    async def story() -> Installed:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            return await install_authorities(deployment, certificates, actor())

    done = run(story())
    if options.json:
        print_json({"authorities": done.authorities, "servers": done.servers, "waiting": done.waiting})
        return
    for name in done.authorities:
        print_line(f"{name}: has its certificate")
    for name in done.servers:
        print_line(f"{name}: the gateway has its certificate from it")
    for name in done.waiting:
        print_line(f"{name}: still waits for its certificate")


def replace(name: str, /, *, options: Options = Options()) -> None:
    """The next issuing CA in the place of this one (`stations-ca-ecdsa`): a new key below the same root.

    Where the root's key is elsewhere, it writes the request that has to be signed there.
    """

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            made = await replace_authority(deployment, name, actor())
        if options.json:
            print_json({"name": made.name, "predecessor": made.predecessor, "request": made.request})
            return
        if made.request is None:
            print_line(f"{made.name}: signs from now on, in the place of {made.predecessor}.")
        else:
            print_line(f"{made.request}: have it signed, then: voltward ca install FILE ...")
        print_line(f"What {made.predecessor} has signed stays good. Where its key may be in other hands,")
        print_line("have all of that renewed first; then, for good:")
        print_line(f"  voltward cert revoke --authority {made.predecessor_id[:16]} --reason '...'")

    run(story())


def root(
    *,
    offline: Path,
    operator_name: str | None = None,
    sign: Annotated[list[Path] | None, Parameter(negative=(), consume_multiple=True)] = None,
    to: Path | None = None,
    unlock: str | None = None,
    json: Annotated[bool, Parameter(name=JSON_FLAG, negative=(), help="Print JSON.")] = False,
) -> None:
    """A root in a folder of its own, on a machine without a network: make it, or `--sign` requests with it.

    The second time: `--sign NAME.csr ... --to DIR`; what it writes is for `voltward ca install`.
    """
    if sign:
        written = sign_offline(offline, sign, to or offline / "signed", unlock)
    elif operator_name is None:
        raise OperatorFault(
            "make a root, or sign with one?",
            mend='Make one: --operator-name "Example CPO". Sign: --sign FILE.csr ... --to DIR.',
        )
    else:
        written = make_offline_root(offline, operator_name, unlock)
    if json:
        print_json([str(path) for path in written])
        return
    for path in written:
        print_line(str(path))

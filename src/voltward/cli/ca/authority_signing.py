"""`voltward ca install`, `ca root`, `ca replace`: authorities get their certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.authority.authority_install import Installed, install_authorities
from voltward.bootstrap.authority.authority_succession import Succession, replace_authority
from voltward.bootstrap.authority.list_install import InstalledList, install_list
from voltward.bootstrap.authority.offline_root import make_offline_root, sign_offline
from voltward.bootstrap.deployment import open_deployment
from voltward.cli.ca.root_lists import LIST, installed_facts, say_installed
from voltward.cli.frame import JSON_FLAG, Options, actor, print_json, print_line, run
from voltward.cli.reading import certificates_in
from voltward.domain.errors import OperatorFault
from voltward.settings import load_settings


def install(*files: Path, options: Options = Options()) -> None:
    """Bring back the certificates of our authorities, with those above them; servers get theirs from them.

    And the lists of revoked certificates (`.crl`) of a root whose key is elsewhere.
    """
    if not files:
        raise OperatorFault("which certificates?", mend="Name the files that came back, the root's too.")
    lists = [file for file in files if file.suffix == LIST]
    certificates = [der for file in files if file not in lists for der in certificates_in(file)]

    async def story() -> tuple[Installed, list[InstalledList]]:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            done = Installed()
            if certificates:
                done = await install_authorities(deployment, certificates, actor())
            return done, [await install_list(deployment, file, actor()) for file in lists]

    done, listed = run(story())
    if options.json:
        told = {"authorities": done.authorities, "servers": done.servers, "waiting": done.waiting}
        print_json({**told, "lists": [installed_facts(one) for one in listed]})
        return
    for name in done.authorities:
        print_line(f"{name}: has its certificate")
    for name in done.servers:
        print_line(f"{name}: the gateway has its certificate from it")
    for name in done.waiting:
        print_line(f"{name}: still waits for its certificate")
    for one in listed:
        say_installed(one)


def replace(*names: str, options: Options = Options()) -> None:
    """The next issuing CAs in the place of these (`stations-ca-ecdsa`): new keys below the same root.

    Where the root's key is elsewhere, it writes the requests that have to be signed there.
    """
    if not names:
        raise OperatorFault("which issuing CA?", mend="Name one that `voltward ca show` lists.")

    async def story() -> list[Succession]:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            return [await replace_authority(deployment, name, actor()) for name in names]

    made = run(story())
    if options.json:
        print_json([{"name": m.name, "predecessor": m.predecessor, "request": m.request} for m in made])
        return
    for one in made:
        if one.request is None:
            print_line(f"{one.name}: signs from now on, in the place of {one.predecessor}.")
        else:
            print_line(f"{one.request}: have it signed, then: voltward ca install FILE ...")
    print_line(
        "What the old ones have signed stays good. Where a key may be in other hands, have all of that"
    )
    print_line("renewed first; then, for good:")
    for one in made:
        print_line(f"  voltward cert revoke --authority {one.predecessor_id[:16]} --reason '...'")


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
    if sign:
        print_line("Next, where the requests come from: `voltward ca install FILE ...` with all of these.")
    else:
        _say_offline_root(offline, unlock)


def _say_offline_root(folder: Path, unlock: str | None) -> None:
    if unlock is None:
        print_line(f"Keep {folder / 'root' / 'unlock.key'} apart from the rest: together they are the roots.")
    print_line("Next, with the requests of `voltward init --sub-ca-csr`, compared on both machines:")
    print_line(f"  voltward ca root --offline {folder} --sign FILE.csr ... --to DIR")

"""`voltward ca root-crl`: a root on a machine without a network revokes, and signs its list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.authority.list_install import InstalledList
from voltward.bootstrap.authority.offline_list import ListOrder, sign_offline_lists
from voltward.cli.cert.codes import Code
from voltward.cli.frame import JSON_FLAG, print_json, print_line, print_table
from voltward.cli.reading import certificates_in
from voltward.ports.authority import RevocationReason

LIST = ".crl"  # how the name of a list ends


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class RevokeOptions:
    """What is revoked for good before the lists are signed, and how long they hold."""

    revoke: Annotated[
        list[Path] | None,
        Parameter(negative=(), consume_multiple=True, help="Certificates of issuing CAs, for good."),
    ] = None
    code: Annotated[Code, Parameter(help="Why, as lists have it (RFC 5280, 5.3.1).")] = "unspecified"
    days: Annotated[int, Parameter(help="So long the lists hold.")] = 365

    @property
    def order(self) -> ListOrder:
        """OperatorFault for a file without a certificate; of a chain its first is meant."""
        named = tuple(certificates_in(file)[0] for file in self.revoke or ())
        return ListOrder(named, RevocationReason(self.code), self.days)


def root_crl(
    *,
    offline: Path,
    to: Path,
    options: RevokeOptions = RevokeOptions(),
    unlock: str | None = None,
    json: Annotated[bool, Parameter(name=JSON_FLAG, negative=(), help="Print JSON.")] = False,
) -> None:
    """Sign the roots' lists of revoked certificates where their keys are; `voltward ca install` takes them.

    What was revoked once stays on every list that follows.
    """
    signed = sign_offline_lists(offline, options.order, to, unlock)
    if json:
        print_json(
            [
                {"file": str(s.file), "number": s.number, "entries": s.entries, "next_update": s.next_update}
                for s in signed
            ]
        )
        return
    rows = ((str(s.file), str(s.number), str(s.entries), f"{s.next_update:%Y-%m-%d %H:%M}") for s in signed)
    print_table(("file", "number", "revoked", "next"), rows)


def installed_facts(one: InstalledList) -> dict[str, object]:
    """As JSON tells it."""
    return {
        "authority": one.name,
        "number": one.head.number,
        "entries": one.head.entries,
        "next_update": one.head.next_update,
        "lacking": one.lacking,
        "in_force": one.in_force,
    }


def say_installed(one: InstalledList) -> None:
    """What it says, and where it and this deployment are of two minds."""
    until = f"{one.head.next_update:%Y-%m-%d}"
    print_line(f"{one.name}: list {one.head.number}, {one.head.entries} revoked, good until {until}")
    for name in one.lacking:
        print_line(f"  {name} is revoked here, and not on it: voltward ca root-crl --revoke {name}.pem")
    for name in one.in_force:
        print_line(f"  {name} stands on it, and is in force here: voltward cert revoke --authority ID")

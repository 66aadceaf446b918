"""`voltward ca export`, `ca crl`, `ca ledger`: our own authorities."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from voltward.bootstrap.authority.authority_orders import (
    WrittenList,
    accept_lost_ledger,
    export_authorities,
    write_revocation_lists,
)
from voltward.cli.frame import Options, print_json, print_line, print_table, run
from voltward.domain.errors import OperatorFault
from voltward.settings import load_settings


def export(folder: Path, *, form: Literal["pem", "der"] = "pem", options: Options = Options()) -> None:
    """Write the certificates of our authorities, and their chains, for stations and auditors."""
    written = export_authorities(load_settings(options.config, options.set), folder, as_der=form == "der")
    if options.json:
        print_json([str(path) for path in written])
        return
    for path in written:
        print_line(str(path))


def crl(
    authority: Annotated[list[str] | None, Parameter(negative=())] = None,
    /,
    *,
    options: Options = Options(),
) -> None:
    """Write the lists of revoked certificates to `public/crl/`: all, or those named."""
    lists = run(write_revocation_lists(load_settings(options.config, options.set), authority or ()))
    if options.json:
        print_json([_list_facts(one) for one in lists])
        return
    if not lists:
        print_line("No list can be signed here: the keys are elsewhere. `voltward ca show` tells where.")
        return
    columns = ("authority", "number", "revoked", "made", "next", "file")
    print_table(columns, (_list_row(one) for one in lists))


def ledger(*, accept_loss: bool = False, options: Options = Options()) -> None:
    """Go on from what can still be read of the signer's ledger, where it was cut or changed."""
    if not accept_loss:
        raise OperatorFault(
            "this gives up what can no longer be read of the signer's ledger.",
            mend="Look for its newest copy first; without one: --accept-loss, with the signer stopped.",
        )
    left, aside = accept_lost_ledger(load_settings(options.config, options.set))
    if options.json:
        print_json({"records": left, "damaged": str(aside) if aside is not None else None})
        return
    print_line(f"The signer's ledger goes on from {left} records.")
    if aside is not None:
        print_line(f"  the damaged file   {aside}")


def _list_facts(one: WrittenList) -> dict[str, object]:
    return {
        "authority": one.authority,
        "file": str(one.file),
        "number": one.list.number,
        "entries": one.list.entries,
        "made_at": one.list.made_at,
        "next_update": one.list.next_update,
    }


def _list_row(one: WrittenList) -> tuple[str, ...]:
    return (
        one.authority,
        str(one.list.number),
        str(one.list.entries),
        f"{one.list.made_at:%Y-%m-%d %H:%M}",
        f"{one.list.next_update:%Y-%m-%d %H:%M}",
        str(one.file),
    )

"""The authorities outside: does each name lead to a table, and can each table be carried out?"""

from __future__ import annotations

from collections.abc import Iterator

from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.authority.authorities import ACME, authorities_in_use, orders_over, outside_authority
from voltward.bootstrap.authority.server_authorities import read_acme
from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, from_fault
from voltward.domain.errors import VoltwardError
from voltward.settings import OWN_SIGNER, Settings


def check_outside_authorities(settings: Settings) -> Iterator[Remark]:
    """All that are there or named, and how long their orders are kept; none of them is asked anything."""
    orders_over(settings)
    used = authorities_in_use(settings)
    for name in sorted({*used, *settings.authority}):
        if name == OWN_SIGNER:
            yield Problem(f"[authority.{name}] has the name of our own.", "Give it another.")
            continue
        is_for_servers = name not in used and settings.authority[name].kind == ACME
        try:
            if is_for_servers:
                read_acme(settings, name)
            else:
                outside_authority(settings, name, SystemClock())
        except VoltwardError as fault:
            yield from_fault(fault)
        if name not in used and not is_for_servers:
            yield Note(f"no group has its certificates from [authority.{name}].")

"""Lists of revoked certificates of authorities that are not ours: how they are ordered, and what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from cyclopts import Parameter

from voltward.cli.frame import print_line
from voltward.domain.authority import Authority
from voltward.domain.errors import OperatorFault
from voltward.domain.revocation_list import ListRule, OnStale
from voltward.ports.revocation_lists import ListLook


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class ListOptions:
    """Where the authority's list comes from, and what holds while it cannot be had."""

    crl: Annotated[str | None, Parameter(help="Its list of revoked certificates: an address, or a file.")] = (
        None
    )
    on_stale: Annotated[
        Literal["admit", "refuse"] | None,
        Parameter(help="Its stations while that list is over, or not there. Default: admit."),
    ] = None

    def rule(self, authorities: int) -> ListRule | None:
        """OperatorFault for what is no source, or for more than one authority to one list."""
        if self.crl is None:
            if self.on_stale is not None:
                raise OperatorFault("--on-stale says nothing without a list.", mend="Give --crl as well.")
            return None
        if authorities != 1:
            raise OperatorFault(
                f"one list, and {authorities} authorities in the file.",
                mend="Trust each from a file of its own, with its own --crl.",
            )
        return ListRule(_source(self.crl), OnStale(self.on_stale or "admit"))


def _source(text: str) -> str:
    """A path in full, for the worker starts in another folder."""
    if "://" not in text:
        path = Path(text).absolute()
        if not path.is_file():
            raise OperatorFault("there is no such file.", mend="Name the list's file.", subject=text)
        return str(path)
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or "@" in url.netloc:
        raise OperatorFault(
            f"{text!r} is no place for a list.", mend="Give http://..., https://..., or the path of a file."
        )
    return text


def list_facts(authority: Authority, look: ListLook | None, now: datetime) -> dict[str, object] | None:
    """As JSON tells it; None where the authority goes by no list."""
    rule = authority.revocation_list
    if rule is None:
        return None
    head = look.list if look is not None else None
    return {
        "source": rule.source,
        "on_stale": rule.on_stale.value,
        "number": head.number if head is not None else None,
        "entries": head.entries if head is not None else None,
        "next_update": head.next_update if head is not None else None,
        "stale": head is None or head.next_update < now,
        "looked_at": look.looked_at if look is not None else None,
        "failures": look.failures if look is not None else 0,
        "problem": (look.problem if look is not None else "") or None,
    }


def say_lists(authorities: Sequence[Authority], looks: Sequence[ListLook], now: datetime) -> None:
    """One line for each authority in force that goes by a list."""
    by_authority = {look.authority: look for look in looks}
    for authority in authorities:
        rule = authority.revocation_list
        if rule is not None and authority.retired_at is None:
            state = _state(by_authority.get(authority.id), now)
            print_line(f"list of {authority.id[:16]}: {state}  stale: {rule.on_stale.value}  {rule.source}")


def _state(look: ListLook | None, now: datetime) -> str:
    if look is None:
        return "not looked for yet"
    problem = f" (the list {look.problem})" if look.problem else ""
    if look.list is None:
        return f"none yet{problem}"
    until = f"{look.list.next_update:%Y-%m-%d %H:%M}"
    state = f"over since {until}" if look.list.next_update < now else f"good until {until}"
    return f"{look.list.entries} revoked, {state}{problem}"

"""Who signs for which station: our own signer, or an authority outside, as the settings choose by group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from voltward.adapters.pki.outside.order_memory import FileOrderMemory, forget_answers
from voltward.adapters.pki.outside.outside_authority import OutsideAuthority
from voltward.bootstrap.authority.authority_protocols import enrolment_by
from voltward.bootstrap.authority.signer import signer_client
from voltward.domain.errors import OperatorFault
from voltward.domain.station import Station
from voltward.ports.authority import CertificateAuthority
from voltward.ports.clock import Clock
from voltward.settings import OWN_SIGNER, OutsideAuthoritySettings, Settings
from voltward.usecases.rounds.forget_orders import LEAST, OrdersOver

FOLDER: Final = "authorities"  # what they have answered
ACME: Final = "acme"  # the kind that signs for servers alone
LONGEST_PATIENCE: Final = 90.0  # seconds: an order ends before its errand is lent to somebody else


def orders_over(settings: Settings) -> OrdersOver:
    """How long orders that are over are kept. OperatorFault for a time that a backup may outlive."""
    kept = timedelta(seconds=settings.certificates.keep_orders)
    if kept < LEAST:
        raise OperatorFault(
            "orders are kept too shortly: with an older backup they would be given again.",
            mend=f"Write at least {LEAST.days} d, and more than the age of your oldest backup.",
            subject="certificates.keep_orders",
        )
    return OrdersOver(kept, partial(forget_answers, settings.path(FOLDER)))


class ChosenAuthorities:
    """`ports.authority.Authorities` by the settings; each is made once. OperatorFault: a group has none.

    One that no group has any more is made when somebody asks for it: what it signed is to be revoked there.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._made: dict[str, CertificateAuthority] = {OWN_SIGNER: signer_client(settings)}
        for name in authorities_in_use(settings):
            self.named(name)

    def name_for(self, station: Station, /) -> str:
        """Who signs for the stations of its group."""
        return self._settings.authority_of(station.group)

    def named(self, name: str) -> CertificateAuthority:
        """OperatorFault: there is no table of that name."""
        if name not in self._made:
            self._made[name] = outside_authority(self._settings, name, self._clock)
        return self._made[name]


def authorities_in_use(settings: Settings) -> list[str]:
    """The outside ones that some group has, each once."""
    chosen = [settings.certificates.authority, *(group.authority for group in settings.group.values())]
    return sorted({name for name in chosen if name} - {OWN_SIGNER})


def outside_authority(settings: Settings, name: str, clock: Clock) -> OutsideAuthority:
    """One that signs for stations, by its table, ready to be asked; nobody is asked yet."""
    said = authority_table(settings, name, LONGEST_PATIENCE)
    if said.kind == ACME:
        raise OperatorFault(
            "ACME authorities sign for servers, not for stations.",
            mend=f"Name another for stations; `voltward ca server-order --from {name}` is for servers.",
            subject=f"authority.{name}",
        )
    with naming(name):
        enrolment = enrolment_by(settings, said, clock)
    return OutsideAuthority(name, enrolment, FileOrderMemory(settings.path(FOLDER) / name), said.timeout)


def authority_table(settings: Settings, name: str, patience: float) -> OutsideAuthoritySettings:
    """What the settings say of it. OperatorFault where that is nothing, or its time-out above `patience`."""
    said = settings.authority.get(name)
    if said is None:
        raise OperatorFault(
            f"there is no authority {name!r}.",
            mend=f"Write [authority.{name}], or correct the name.",
            subject=name,
        )
    if not 1 <= said.timeout <= patience:
        raise OperatorFault(
            "the time-out is out of bounds.",
            mend=f"Write between 1 and {patience:g} s.",
            subject=f"authority.{name}.timeout",
        )
    return said


@contextmanager
def naming(name: str) -> Iterator[None]:
    """What is wrong with a table is said with its name."""
    try:
        yield
    except OperatorFault as fault:
        subject = f"authority.{name}" + (f": {fault.subject}" if fault.subject else "")
        raise OperatorFault(fault.what, mend=fault.mend, subject=subject) from fault

"""What `station add` and `station set` are told on the command line, and the orders that come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.cli.frame import actor
from voltward.cli.parameters import Flag, Profile
from voltward.cli.reading import one_certificate, read_date, read_password
from voltward.domain.errors import OperatorFault
from voltward.domain.finding import ControlException
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import DEFAULT_GROUP, StationId
from voltward.usecases.fleet.change_station import StationChange
from voltward.usecases.fleet.enroll_station import EnrolmentOrder
from voltward.usecases.fleet.replace_credential import CredentialOrder

SITE = "The place that it shares with others, to go dark together"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class NewStation:
    """A station that enters the registry."""

    profile: Annotated[Profile, Parameter(help="The security profile that it is meant to use.")] = 2
    serial: Annotated[str | None, Parameter(help="As on its type plate, and in its certificate.")] = None
    group: Annotated[str, Parameter(help="Whose policy and quirks hold for it.")] = DEFAULT_GROUP
    site: Annotated[str, Parameter(help=f"{SITE}.")] = ""
    certificate: Annotated[Path | None, Parameter(help="A certificate that it has already.")] = None
    commission: Annotated[Flag, Parameter(help="With a password first, and its certificate by us.")] = False
    for_: Annotated[
        str | None, Parameter(name="--for", help="A Local Controller: the stations behind it, ID,ID,...")
    ] = None
    password_file: Annotated[
        str | None, Parameter(help="A password that people made; `-` reads standard input.")
    ] = None

    def order(self, station: StationId) -> EnrolmentOrder:
        """The order for the use case; files are read here."""
        return EnrolmentOrder(
            station=station,
            profile=SecurityProfile(self.profile),
            actor=actor(),
            serial=self.serial,
            group=self.group,
            site=self.site,
            password=read_password(self.password_file) if self.password_file is not None else None,
            certificate=one_certificate(self.certificate) if self.certificate is not None else None,
            behind=_listed(self.for_ or ""),
            commission=self.commission,
        )


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class NewCredential:
    """Another credential for a station; without either, a password is made."""

    certificate: Annotated[Path | None, Parameter(help="Pin this certificate to the station.")] = None
    password_file: Annotated[
        str | None, Parameter(help="A password that people made; `-` reads standard input.")
    ] = None

    def order(self, station: StationId) -> CredentialOrder:
        """The order for the use case; files are read here."""
        return CredentialOrder(
            station=station,
            actor=actor(),
            password=read_password(self.password_file) if self.password_file is not None else None,
            certificate=one_certificate(self.certificate) if self.certificate is not None else None,
        )


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class RecordChange:
    """Fields of the record; what is not given stays as it is."""

    group: Annotated[str | None, Parameter(help="Whose policy and quirks hold for it.")] = None
    site: Annotated[str | None, Parameter(help=f"{SITE}; empty: none.")] = None
    serial: Annotated[str | None, Parameter(help="As on its type plate, and in its certificate.")] = None
    profile: Annotated[Profile | None, Parameter(help="The security profile that it is meant to use.")] = None
    floor: Annotated[Profile | None, Parameter(help="The lowest profile that it may still use.")] = None
    for_: Annotated[
        str | None, Parameter(name="--for", help="A Local Controller: the stations behind it; empty: none.")
    ] = None
    vendor: Annotated[str | None, Parameter(help="Its maker, for recipes; a boot corrects it.")] = None
    model: Annotated[str | None, Parameter(help="Its model, for recipes; a boot corrects it.")] = None
    lower_floor: Annotated[Flag, Parameter(help="Yes, let the floor sink.")] = False
    end_allowance: Annotated[Flag, Parameter(help="End an allowance before its time.")] = False
    end_exception: Annotated[str | None, Parameter(help="End the exception from this control.")] = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Indulgence:
    """A lower profile or an exception, for a while: it has an end, an owner and a reason."""

    allow_profile: Annotated[Profile | None, Parameter(help="A lower profile, for a while.")] = None
    except_: Annotated[str | None, Parameter(name="--except", help="A control to be excepted from.")] = None
    until: Annotated[str | None, Parameter(help="2027-03-31, that day included.")] = None
    owner: Annotated[str | None, Parameter(help="Who answers for it.")] = None
    reason: Annotated[str | None, Parameter(help="Why.")] = None

    @property
    def allowance(self) -> Allowance | None:
        """The lower profile, if one is allowed."""
        if self.allow_profile is None:
            return None
        return Allowance(SecurityProfile(self.allow_profile), *self._dated("--allow-profile"))

    @property
    def exception(self) -> ControlException | None:
        """The exception, if one is ordered."""
        if self.except_ is None:
            return None
        return ControlException(self.except_, *self._dated("--except"))

    def _dated(self, option: str) -> tuple[datetime, str, str]:
        if self.until is None or self.owner is None or self.reason is None:
            raise OperatorFault(
                f"{option} needs an end, an owner and a reason.",
                mend="Add --until DATE --owner NAME --reason TEXT.",
            )
        return read_date(self.until), self.owner, self.reason


def change_of(record: RecordChange, indulgence: Indulgence) -> StationChange:
    """The change for the use case. OperatorFault if nothing is to be changed, or an end is missing."""
    change = StationChange(
        group=record.group,
        site=record.site,
        serial=record.serial,
        profile=SecurityProfile(record.profile) if record.profile is not None else None,
        floor=SecurityProfile(record.floor) if record.floor is not None else None,
        behind=_listed(record.for_) if record.for_ is not None else None,
        vendor=record.vendor,
        model=record.model,
        lower_floor=record.lower_floor,
        allowance=indulgence.allowance,
        end_allowance=record.end_allowance,
        exception=indulgence.exception,
        end_exception=record.end_exception,
    )
    # --lower-floor permits a change, and is none.
    if replace(change, lower_floor=False) == StationChange():
        raise OperatorFault("nothing to change.", mend="`voltward station set --help` lists what can be set.")
    return change


def _listed(text: str) -> tuple[str, ...]:
    """Identities with commas between them, each once."""
    return tuple(dict.fromkeys(identity.strip() for identity in text.split(",") if identity.strip()))

"""A station enters the registry; its first credential comes with it and is told once."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.crypto.passwords.passwords import PasswordKeys, make_password
from voltward.domain.authority import Authority, BindingRule, TrustedFor
from voltward.domain.credential import Credential, Origin, Purpose
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import DEFAULT_GROUP, Standing, Station, StationId, checked_site
from voltward.lifecycles.renewal_state import RenewalOrigin
from voltward.ocpp import DIALECTS
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.admission.local_controllers import refuse_unfit_list
from voltward.usecases.fleet.new_credential import (
    NewPassword,
    issuer_remarks,
    password_credential,
    pinned_credential,
    proof_of,
)
from voltward.usecases.fleet.weak_passwords import weakness_remarks
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, RenewalPlan, start_renewal


@dataclass(frozen=True, slots=True)
class Issuing:
    """How first certificates are brought to stations; `authorities`: the ids of those that sign for us."""

    plan: RenewalPlan
    authorities: frozenset[str]


@dataclass(frozen=True, slots=True)
class EnrolmentOrder:
    """What the operator orders. `password` is one that people made; None lets us make one."""

    station: StationId
    profile: SecurityProfile
    actor: str
    serial: str | None = None
    group: str = DEFAULT_GROUP
    site: str = ""
    password: Secret | None = None
    certificate: bytes | None = None  # DER of a certificate that the station has already
    behind: tuple[str, ...] = ()  # identities that it speaks for: it is a Local Controller (ruling 7)
    issuing: Issuing | None = None  # a station of profile 3 without a certificate gets its first one by us
    commission: bool = False  # in this way, whoever else may have issued it one already


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`password` is set when we made one: it is told once and kept as a digest only."""

    station: Station
    password: Secret | None
    remarks: tuple[str, ...] = ()


async def enroll_station(
    store: Store, order: EnrolmentOrder, keys: PasswordKeys, clock: Clock, entropy: Entropy
) -> Enrolled:
    """Register a station. OperatorFault if it exists, collides, or cannot prove itself on that profile."""
    problem = identity_problem(order.station.identity)
    if problem:
        raise OperatorFault(
            f"this is no identity that OCPP knows: {problem}.",
            mend="Use at most 48 letters, digits and * - _ = + | @ .",
            subject=str(order.station),
        )
    async with store.begin() as work:
        await _refuse_known(work, order)
        commissioned = await _is_commissioned(work, order)
        station = Station(
            id=order.station,
            profile=order.profile,
            floor=SecurityProfile.TLS_BASIC if commissioned else order.profile,
            group=order.group,
            site=checked_site(order.site),
            serial=order.serial,
            standing=Standing.COMMISSIONING,
            created_at=clock.now(),
            behind=order.behind,
        )
        await refuse_unfit_list(work, station)
        if order.profile is SecurityProfile.TLS_CERTIFICATE and not commissioned:
            credential, password = await _certificate(work, order, clock, entropy), None
        else:
            credential, password = _password(order, keys, clock, entropy)
        station = await work.stations.save(station)
        remarks = await _save_credential(work, credential, order.actor, clock)
        remarks += await issuer_remarks(work, order.certificate)
        await work.journal(_enrolled(order, clock))
        if commissioned and order.issuing is not None:
            wanted = RenewalOrder(order.station, RenewalOrigin.COMMISSIONING, order.actor)
            moment = Moment(clock.now(), entropy, order.actor)
            await start_renewal(work, wanted, order.issuing.plan, moment)
        await work.commit()
    return Enrolled(station, password if order.password is None else None, remarks)


def identity_problem(identity: str) -> str:
    """Empty if some dialect takes the identity; else the problem, in the words of the most tolerant one."""
    problems = [dialect.identity.problem(identity) or "" for dialect in DIALECTS.values()]
    return "" if "" in problems else problems[-1]


async def _refuse_known(work: UnitOfWork, order: EnrolmentOrder) -> None:
    if await work.stations.get(order.station) is not None:
        raise OperatorFault(
            "this station is registered already.",
            mend="See it with `voltward station show`, change it with `voltward station set`.",
            subject=str(order.station),
        )
    other = await work.stations.by_folded(order.station)
    if other is not None:
        raise OperatorFault(
            f"{other.id} is registered and differs in letter case only; "
            "the two could be mistaken for each other.",
            mend="Choose another identity, or retire that station.",
            subject=str(order.station),
        )
    if order.serial is not None:
        bearers = await work.stations.by_serial(order.station.tenant, order.serial)
        holders = [s for s in bearers if s.standing is not Standing.RETIRED]
        if holders:
            raise OperatorFault(
                f"the serial {order.serial} belongs to {holders[0].id}; one serial names one station.",
                mend="Check the type plate, or retire the other record.",
                subject=str(order.station),
            )


def _password(
    order: EnrolmentOrder, keys: PasswordKeys, clock: Clock, entropy: Entropy
) -> tuple[Credential, Secret]:
    if order.certificate is not None:
        raise OperatorFault(
            "a certificate is for profile 3 alone.",
            mend="Add it with --profile 3, or leave the certificate out.",
            subject=str(order.station),
        )
    text = order.password or make_password(entropy)
    made = order.password is None
    origin = Origin.MADE if made else Origin.GIVEN
    is_first = order.profile is SecurityProfile.TLS_CERTIFICATE
    purpose = Purpose.COMMISSIONING if is_first else Purpose.PRODUCTION
    new = NewPassword(order.station, text, origin, order.serial, purpose)
    return password_credential(new, proof_of(new, keys), keys, clock, entropy), text


async def _is_commissioned(work: UnitOfWork, order: EnrolmentOrder) -> bool:
    """Whether it comes with a password first, and gets its certificate by us, under its serial (CSR-09).

    Not by itself where an authority of others, which the operator trusts, may have issued it one already; nor
    a Local Controller, which brings its own.
    """
    brings = order.certificate is not None or order.password is not None or bool(order.behind)
    is_third = order.profile is SecurityProfile.TLS_CERTIFICATE
    if order.issuing is None or order.serial is None or brings or not is_third:
        if order.commission:
            raise OperatorFault(
                "this station cannot get its first certificate in this way.",
                mend="Give --profile 3 and its --serial alone; `voltward ca show` tells who would sign.",
                subject=str(order.station),
            )
        return False
    known = await work.authorities.all()
    own = order.issuing.authorities - {a.id for a in known if a.retired_at is not None}
    foreign = [a for a in known if a.retired_at is None and a.id not in own]
    stations = [a for a in foreign if a.trusted_for is TrustedFor.STATIONS]
    return bool(own) and (order.commission or not _could_prove(order, stations))


def _could_prove(order: EnrolmentOrder, trusted: list[Authority]) -> bool:
    """A certificate of one of these would be known as this station's."""
    by_identity = any(a.binding.rule is not BindingRule.SERIAL_IN_COMMON_NAME for a in trusted)
    return bool(trusted) and (order.serial is not None or by_identity)


async def _certificate(
    work: UnitOfWork, order: EnrolmentOrder, clock: Clock, entropy: Entropy
) -> Credential | None:
    """The pinned certificate, or None where the serial under a trusted authority will do."""
    if order.password is not None:
        raise OperatorFault("profile 3 takes no password.", mend="Leave it out.", subject=str(order.station))
    if order.certificate is None:
        trusted = [authority for authority in await work.authorities.all() if authority.retired_at is None]
        _refuse_unprovable(order, trusted)
        return None
    return await pinned_credential(work, order.station, order.certificate, clock, entropy)


def _refuse_unprovable(order: EnrolmentOrder, trusted: list[Authority]) -> None:
    if _could_prove(order, trusted):
        return
    lacks = "no authority is trusted for stations yet, and this deployment has none of its own"
    if trusted or order.issuing is not None:
        lacks = "its serial is not given"
    raise OperatorFault(
        f"this station could not prove itself on profile 3: {lacks}.",
        mend="Name its certificate with --certificate FILE, or give --serial and trust the authority that "
        "issued it: `voltward ca trust FILE --for stations`. Without a certificate, add it with --profile 2.",
        subject=str(order.station),
    )


async def _save_credential(
    work: UnitOfWork, credential: Credential | None, actor: str, clock: Clock
) -> tuple[str, ...]:
    if credential is None:
        return ()
    remarks = await weakness_remarks(work, credential, actor, clock)
    await work.credentials.save(credential)
    return remarks


def _enrolled(order: EnrolmentOrder, clock: Clock) -> Event:
    facts = {"profile": int(order.profile), "serial": order.serial, "group": order.group}
    if order.site:
        facts["site"] = order.site
    if order.behind:
        facts["speaks_for"] = ", ".join(order.behind)
    return Event("station_enrolled", clock.now(), order.actor, str(order.station), facts)

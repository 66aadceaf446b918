"""Whose certificates are believed, and which certificates are not believed any more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from voltward.crypto.reading.certificates import fingerprint, read_certificate
from voltward.crypto.reading.pem import certificate_pem
from voltward.crypto.reading.trust_anchors import trust_problem
from voltward.domain.authority import Authority, Binding, BindingRule, DeniedCertificate, TrustedFor
from voltward.domain.credential import CredentialState
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event, FactValue
from voltward.domain.revocation_list import ListRule
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_fact import CertificateRevoked
from voltward.lifecycles.renewal_state import Renewal
from voltward.lifecycles.upgrade_state import Upgrade
from voltward.ports.authority import RevocationReason
from voltward.ports.clock import Clock
from voltward.ports.lifecycles import Lifecycle
from voltward.ports.storage import Reading, Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class TrustOrder:
    """A CA certificate (DER) and the rules that hold for what it issued."""

    certificate: bytes
    trusted_for: TrustedFor
    binding: Binding
    organisations: tuple[str, ...] = ()
    revocation_list: ListRule | None = None


async def trust_authority(store: Store, order: TrustOrder, actor: str, clock: Clock) -> Authority:
    """Trust an authority; again, to change its rules. OperatorFault if it cannot be one."""
    return (await trust_authorities(store, [order], actor, clock))[0]


async def trust_authorities(
    store: Store, orders: Sequence[TrustOrder], actor: str, clock: Clock
) -> list[Authority]:
    """Trust all of them, or none: a file with one that cannot be an authority changes nothing."""
    authorities = [_authority(order, clock) for order in orders]
    async with store.begin() as work:
        for authority in authorities:
            await work.authorities.save(authority)
            facts: dict[str, FactValue] = {
                "name": authority.name,
                "for": authority.trusted_for.value,
                "binding": authority.binding.rule.value,
                "organisations": authority.organisations,
                **_list_facts(authority.revocation_list),
            }
            await work.journal(Event("authority_trusted", clock.now(), actor, authority.id, facts))
        await work.commit()
    return authorities


def _authority(order: TrustOrder, clock: Clock) -> Authority:
    problem = trust_problem(order.certificate, clock.now())
    if problem is not None:
        raise OperatorFault(
            f"this certificate cannot be an authority: {problem}.", mend="Name the certificate of a CA."
        )
    if order.binding.rule is BindingRule.PATTERN:
        _check_pattern(order.binding)
    return Authority(
        id=fingerprint(order.certificate).hex(),
        name=read_certificate(order.certificate).subject,
        certificate_pem=certificate_pem(order.certificate),
        trusted_for=order.trusted_for,
        binding=order.binding,
        organisations=order.organisations,
        added_at=clock.now(),
        revocation_list=order.revocation_list,
    )


async def distrust_authority(store: Store, authority_id: str, actor: str, clock: Clock) -> Authority:
    """Stop trusting; links that stand on it are closed by the gateway within a second."""
    async with store.begin() as work:
        retired = replace(await authority_named(work, authority_id), retired_at=clock.now())
        await work.authorities.save(retired)
        await work.journal(
            Event("authority_distrusted", clock.now(), actor, retired.id, {"name": retired.name})
        )
        await work.commit()
    return retired


async def authority_named(work: Reading, authority_id: str) -> Authority:
    """The authority in force whose id begins like this; OperatorFault where that names none, or several."""
    found = [a for a in await work.authorities.all() if a.id.startswith(authority_id.lower())]
    found = [a for a in found if a.retired_at is None]
    if len(found) != 1 or len(authority_id) < 8:
        raise OperatorFault(
            f"{authority_id!r} names {len(found)} authorities.",
            mend="Give at least 8 digits of an id that `voltward ca show` prints.",
        )
    return found[0]


async def deny_certificate(
    work: UnitOfWork, denied: DeniedCertificate, code: RevocationReason = RevocationReason.UNSPECIFIED
) -> None:
    """Put it onto the deny-list, and end the credentials that stand on it; one of ours is revoked with it.

    A life-cycle that hands it out hears of it, and what it asks the station because of it is asked no more
    from now on: whoever would hear of it may not be running.
    """
    for credential in await work.credentials.by_fingerprint(denied.fingerprint):
        if credential.state is not CredentialState.RETIRED:
            await work.credentials.save(replace(credential, state=CredentialState.RETIRED))
    issued = await work.issued.by_fingerprint(denied.fingerprint)
    if issued is not None and issued.revoked_at is None:
        await work.issued.save(replace(issued, revoked_at=denied.denied_at, reason=code.value))
    await work.denials.add(denied)
    if issued is not None and issued.station is not None:
        await _tell_lifecycles(work, issued.station, denied)


async def _tell_lifecycles(work: UnitOfWork, station: StationId, denied: DeniedCertificate) -> None:
    held = await work.credentials.of(station)
    used = [one for one in held if one.state is CredentialState.ACTIVE]  # a pending one it may not have
    was_last = not any(one.opens_by_certificate(denied.denied_at) for one in used)
    under_way = await work.lifecycles.open_of(station)
    for lifecycle in under_way:
        state = lifecycle.state
        is_handed_out = isinstance(state, Renewal) and state.issued == denied.fingerprint
        if is_handed_out or (was_last and needs_certificate(lifecycle)):
            await work.asks.withdraw(lifecycle.id)
    if under_way:
        await work.inbox.add(CertificateRevoked(station, denied.denied_at, denied.fingerprint, was_last))


def needs_certificate(lifecycle: Lifecycle) -> bool:
    """Whether it leads a station to where it comes in by a certificate alone."""
    state = lifecycle.state
    return isinstance(state, Upgrade) and state.profile is SecurityProfile.TLS_CERTIFICATE


def _list_facts(rule: ListRule | None) -> dict[str, FactValue]:
    return {"list": rule.source, "on_stale": rule.on_stale.value} if rule is not None else {}


def _check_pattern(binding: Binding) -> None:
    pattern = binding.pattern or ""
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise OperatorFault(
            f"the pattern {pattern!r} cannot be read: {error}.", mend="Correct it."
        ) from error
    if not groups.keys() & {"serial", "identity"}:
        raise OperatorFault(
            f"the pattern {pattern!r} does not say what it finds.",
            mend="Name a group: (?P<serial>...) or (?P<identity>...), as in 'EV-(?P<serial>[0-9]+)'.",
        )

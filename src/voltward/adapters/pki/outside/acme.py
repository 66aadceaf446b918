"""Server certificates over ACME (RFC 8555): an order, a proof for each name, the chain.

An order that breaks off leaves nothing behind: the key of what it asked for is gone with it.
"""

from __future__ import annotations

import asyncio
import ipaddress
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from msgspec import Struct, field

from voltward.adapters.pki.outside.acme_session import AcmeAccess, AcmeSession, Problem, Unwilling
from voltward.crypto.issuing.issued_certificates import read_issued
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import (
    CertificateKind,
    CertificateOrder,
    Declined,
    Issued,
    OrderOutcome,
    Revocation,
)

_FIRST_LOOK: Final = 0.25  # seconds until what is under way is looked at again; doubles up to
_LATER_LOOK: Final = 5.0
_UNDER_WAY: Final = frozenset({"pending", "processing"})


class Challenge(Struct):
    """One way to prove a name (7.1.5)."""

    type: str
    url: str
    token: str = ""
    error: Problem | None = None


class Identifier(Struct):
    """A name: `dns`, or `ip` (RFC 8738)."""

    type: str
    value: str


class Authorization(Struct):
    """What is wanted for one name (7.1.4)."""

    status: str
    identifier: Identifier
    challenges: list[Challenge]


class Order(Struct):
    """What was asked for, and how far it is (7.1.3)."""

    status: str
    finalize: str
    authorizations: list[str] = field(default_factory=list[str])
    certificate: str = ""
    error: Problem | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What has to be seen at a name: a token's page (http-01), or a record's value (dns-01)."""

    name: str
    token: str
    page: str
    record: str


class Prover(Protocol):
    """Shows one kind of proof."""

    @property
    def kind(self) -> str:
        """`http-01` or `dns-01`."""
        ...

    def showing(self, proof: Proof) -> AbstractAsyncContextManager[None]:
        """For as long as the block lasts; OutsideFault where it cannot be shown."""
        ...


Watched = TypeVar("Watched", Authorization, Order)


class AcmeAuthority:
    """Implements CertificateAuthority, for servers alone. `patience`: seconds for a whole order."""

    def __init__(self, access: AcmeAccess, prover: Prover, patience: float) -> None:
        self._access = access
        self._prover = prover
        self._patience = patience

    @property
    def at_once(self) -> int:
        """The names of one order are proven before the next begins."""
        return 1

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        if order.kind is not CertificateKind.SERVER or not order.hosts:
            return Declined("an ACME authority signs for servers alone.")
        try:
            async with asyncio.timeout(self._patience):
                return Issued(await self._ordered(AcmeSession(self._access), order))
        except Unwilling as no:
            return Declined(no.problem.words())
        except TimeoutError as error:
            raise OutsideFault(
                f"the order was not done in {self._patience:g} s.",
                mend="See that the proofs can be seen from outside, or raise the timeout.",
                subject=order.common_name,
            ) from error

    async def revoke(self, revocation: Revocation) -> None:
        """A server's own key or account would have to sign that; nobody asks for it here."""
        raise OutsideFault(
            f"certificate {revocation.serial:x} is not ours to revoke.",
            mend="Have it revoked where it was made.",
        )

    async def _ordered(self, session: AcmeSession, wanted: CertificateOrder) -> tuple[bytes, ...]:
        directory = await session.open()
        names = {"identifiers": [_identifier(host) for host in wanted.hosts]}
        place, order = await session.make(directory.new_order, names, Order)
        for url in order.authorizations:
            await self._prove(session, url)
        await session.post(order.finalize, {"csr": _base64url(wanted.csr)})
        order = await _settled(lambda: session.read(place, Order))
        if order.status != "valid" or not order.certificate:
            raise Unwilling(order.error or Problem(detail=f"the order is {order.status}"))
        answered = await session.post(order.certificate)
        try:
            chain = tuple(read_pem_bundle(answered.body))
        except UnreadableCertificate as fault:
            raise OutsideFault(f"the chain cannot be read: {fault.what}") from fault
        read_issued(chain, wanted.csr)  # OutsideFault where it is for another key
        return chain

    async def _prove(self, session: AcmeSession, url: str) -> None:
        authorization = await session.read(url, Authorization)
        if authorization.status == "valid":
            return  # proven before, and it remembers
        kind = self._prover.kind
        challenge = next((each for each in authorization.challenges if each.type == kind), None)
        name = authorization.identifier.value
        if challenge is None:
            raise Unwilling(Problem(detail=f"it takes no {kind} for {name}"))
        account = session.account
        page, record = account.key_authorization(challenge.token), account.record_value(challenge.token)
        async with self._prover.showing(Proof(name, challenge.token, page, record)):
            await session.post(challenge.url, {})
            authorization = await _settled(lambda: session.read(url, Authorization))
        if authorization.status != "valid":
            errors = [each.error for each in authorization.challenges if each.error is not None]
            raise Unwilling(errors[0] if errors else Problem(detail=f"{name} is {authorization.status}"))


async def _settled(look: Callable[[], Awaitable[Watched]]) -> Watched:
    """As soon as it is no longer under way; the deadline is the order's."""
    wait = _FIRST_LOOK
    while (seen := await look()).status in _UNDER_WAY:
        await asyncio.sleep(wait)
        wait = min(2 * wait, _LATER_LOOK)
    return seen


def _identifier(host: str) -> dict[str, Any]:
    try:
        return {"type": "ip", "value": str(ipaddress.ip_address(host))}
    except ValueError:
        return {"type": "dns", "value": host}


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")

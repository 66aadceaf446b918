"""Our own signer as the port `Signer`, however it is reached: over its socket, or in this process.

    over_socket(path)     the signer process
    in_process(desk)      for orders while no signer runs, and for tests

Nothing is asked twice by this module: an order that failed may be given again, since its id tells the signer.
Orders that are given in one breath leave in one message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from voltward.adapters.pki.signer.list_writer import UnfinishedList
from voltward.adapters.pki.signer.orders_together import OrdersTogether
from voltward.adapters.pki.signer.signer_messages import (
    LARGEST_ANSWER,
    MOST_TOGETHER,
    Answer,
    Describe,
    Described,
    Done,
    Failed,
    GetList,
    GetRevocations,
    GetStatuses,
    Refused,
    Request,
    Revocations,
    Revoke,
    SetState,
    Signed,
    SignedList,
    SignedStatuses,
    Wrong,
    framed,
    read_answer,
    read_framed,
)
from voltward.adapters.pki.signer.signing_desk import SigningDesk, finished
from voltward.adapters.pki.signer.socket_path import short_path
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.authority import (
    CertificateOrder,
    Declined,
    Issued,
    OrderOutcome,
    Revocation,
    RevocationReason,
)
from voltward.ports.signer import (
    AuthorityState,
    KnownRevocation,
    RevocationList,
    SignerAuthority,
    StatusAnswer,
)

PATIENCE: Final = 30.0  # seconds for one request; a queue of orders may be before it

Ask = Callable[[Request], Awaitable[Answer]]


class SignerClient:
    """Implements the port Signer, and with it CertificateAuthority."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._orders = OrdersTogether(ask)

    @property
    def at_once(self) -> int:
        return MOST_TOGETHER

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        answer = _in_order(await self._orders.place(order))
        if isinstance(answer, Signed):
            return Issued(tuple(answer.chain))
        if not isinstance(answer, Refused):
            _out_of_place(answer)
        return Declined(answer.words)

    async def revoke(self, revocation: Revocation) -> None:
        request = Revoke(revocation.issuer, f"{revocation.serial:x}", revocation.at, revocation.reason)
        answer = await self._answered(request)
        if not isinstance(answer, Done):
            _out_of_place(answer)

    async def authorities(self) -> Sequence[SignerAuthority]:
        answer = await self._answered(Describe())
        if not isinstance(answer, Described):
            _out_of_place(answer)
        return answer.authorities

    async def revocation_list(self, issuer: str) -> RevocationList:
        answer = await self._answered(GetList(issuer))
        if not isinstance(answer, SignedList):
            _out_of_place(answer)
        return RevocationList(answer.der, answer.number, answer.made_at, answer.next_update, answer.entries)

    async def status_answers(
        self, issuer: str, serials: Sequence[int], name_hash: str, nonce: bytes = b""
    ) -> Sequence[StatusAnswer]:
        request = GetStatuses(issuer, [f"{serial:x}" for serial in serials], name_hash, nonce)
        answer = await self._answered(request)
        if not isinstance(answer, SignedStatuses):
            _out_of_place(answer)
        return [StatusAnswer(int(one.serial, 16), one.der, one.next_update) for one in answer.answers]

    async def revocations(self, *, after: int, limit: int) -> Sequence[KnownRevocation]:
        answer = await self._answered(GetRevocations(after, limit))
        if not isinstance(answer, Revocations):
            _out_of_place(answer)
        return [
            KnownRevocation(
                Revocation(row.issuer, int(row.serial, 16), row.at, RevocationReason(row.reason)),
                row.certificate,
            )
            for row in answer.rows
        ]

    async def set_state(self, name: str, state: AuthorityState) -> None:
        answer = await self._answered(SetState(name, state))
        if not isinstance(answer, Done):
            _out_of_place(answer)

    async def _answered(self, request: Request) -> Answer:
        return _in_order(await self._ask(request))


def over_socket(path: Path, patience: float = PATIENCE) -> Ask:
    """Ask the signer process; each request is a connection of its own, so a signer may come and go."""

    async def ask(request: Request) -> Answer:
        try:
            async with asyncio.timeout(patience):
                return await _exchange(path, request)
        except TimeoutError as error:
            raise _away(path, f"has not answered in {patience:g} s") from error
        except (asyncio.IncompleteReadError, ConnectionResetError, BrokenPipeError) as error:
            raise _away(path, "ended the connection: it may not know this user") from error
        except OSError as error:
            raise _away(path, f"is not there ({error.strerror or error})") from error
        except (msgspec.DecodeError, ValueError) as error:
            raise _away(path, "said what this version does not know") from error

    return ask


def in_process(desk: SigningDesk) -> Ask:
    """Sign here; one request at a time, beside the event loop."""
    turn = asyncio.Lock()

    async def ask(request: Request) -> Answer:
        async with turn:
            (begun,) = await asyncio.to_thread(desk.begin, [request])
        return await asyncio.to_thread(finished, begun) if isinstance(begun, UnfinishedList) else begun

    return ask


async def _exchange(path: Path, request: Request) -> Answer:
    with short_path(path) as name:
        reader, writer = await asyncio.open_unix_connection(name)
    try:
        writer.write(framed(request))
        await writer.drain()
        return read_answer(await read_framed(reader, LARGEST_ANSWER))
    finally:
        writer.close()


def _in_order(answer: Answer) -> Answer:
    """What is none becomes its fault."""
    if isinstance(answer, Wrong):
        raise OperatorFault(answer.what, mend=answer.mend, subject="signer")
    if isinstance(answer, Failed):
        raise OutsideFault(answer.what, mend=answer.mend, subject="signer")
    return answer


def _away(path: Path, what: str) -> OutsideFault:
    return OutsideFault(
        f"the signer {what}.",
        mend="See that its part runs (`voltward serve --only signer`), and signer.users.",
        subject=str(path),
    )


def _out_of_place(answer: Answer) -> NoReturn:
    raise OutsideFault(
        f"the signer answered {type(answer).__name__}, which does not belong to the question.",
        mend="Run the same version of Voltward for all parts.",
        subject="signer",
    )

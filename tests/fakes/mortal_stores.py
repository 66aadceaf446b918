"""A store whose process dies at the n-th thing that it does with it, whatever that is.

Before a transaction, at any read or write in it, before its commit or behind it: what is saved is what a
real store has saved. All that the dead process tries afterwards fails too.
"""

from __future__ import annotations

from collections.abc import Awaitable
from inspect import isawaitable
from types import TracebackType
from typing import Any, Self

from tests.fakes.renewals import Killed
from voltward.ports.authority import CertificateAuthority, CertificateOrder, OrderOutcome
from voltward.ports.storage import Ahead, Store


class Lives:
    """How many things its holder does before it dies."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class MortalStore:
    """`ports.storage.Store` before another one."""

    def __init__(self, store: Store, lives: Lives) -> None:
        self._store = store
        self._lives = lives

    def begin(self) -> Any:
        return _MortalWork(self._store.begin(), self._lives)

    def read(self) -> Any:
        return _MortalWork(self._store.read(), self._lives)


class MortalAuthority:
    """An authority whose client may die before it asks, and with the answer in its hands."""

    def __init__(self, authority: CertificateAuthority, lives: Lives) -> None:
        self._authority = authority
        self._lives = lives

    @property
    def at_once(self) -> int:
        return self._authority.at_once

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        self._lives.spend()
        outcome = await self._authority.issue(order)
        self._lives.spend()
        return outcome

    async def revoke(self, revocation: Any) -> Any:
        self._lives.spend()
        return await self._authority.revoke(revocation)


class _MortalWork:
    def __init__(self, work: Any, lives: Lives) -> None:
        self._work = work
        self._lives = lives

    async def __aenter__(self) -> Self:
        self._lives.spend()
        await self._work.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._work.__aexit__(kind, error, trace)

    def expect(self, ahead: Ahead) -> None:
        self._lives.spend()
        self._work.expect(ahead)

    async def journal(self, event: object) -> None:
        self._lives.spend()
        await self._work.journal(event)

    async def commit(self) -> None:
        self._lives.spend()
        await self._work.commit()
        self._lives.spend()

    def __getattr__(self, name: str) -> Any:
        return _MortalPart(getattr(self._work, name), self._lives)


class _MortalPart:
    """One of the stores in a unit of work."""

    def __init__(self, part: Any, lives: Lives) -> None:
        self._part = part
        self._lives = lives

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)

        def called(*args: Any, **named: Any) -> Any:
            self._lives.spend()
            outcome = method(*args, **named)
            return self._awaited(outcome) if isawaitable(outcome) else outcome

        return called

    async def _awaited(self, outcome: Awaitable[Any]) -> Any:
        return await outcome

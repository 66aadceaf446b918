from __future__ import annotations

import asyncio

import pytest

from tests.fakes.signers import order_of
from voltward.adapters.pki.signer.orders_together import MOST_OCTETS, OrdersTogether
from voltward.adapters.pki.signer.signer_messages import (
    MOST_TOGETHER,
    AllAnswered,
    Answer,
    Failed,
    Issue,
    IssueAll,
    OrderAnswer,
    Refused,
    Request,
    Signed,
)
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import CertificateOrder


class Signer:
    """Signs all but what it is told to refuse; `instead`: its answer to everything."""

    def __init__(self, instead: Answer | OutsideFault | None = None, refused: str = "") -> None:
        self.messages = list[list[str]]()
        self.instead = instead
        self.refused = refused
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def ask(self, request: Request) -> Answer:
        assert isinstance(request, Issue | IssueAll)
        orders = [request.order] if isinstance(request, Issue) else request.orders
        self.messages.append([order.id for order in orders])
        await self.goes_on.wait()
        if isinstance(self.instead, OutsideFault):
            raise self.instead
        if self.instead is not None:
            return self.instead
        answers = [self._answer(order) for order in orders]
        return answers[0] if isinstance(request, Issue) else AllAnswered(answers)

    def _answer(self, order: CertificateOrder) -> OrderAnswer:
        return Refused("no") if order.id == self.refused else Signed([order.id.encode()])


def orders(count: int, csr: bytes = b"csr") -> list[CertificateOrder]:
    return [order_of(csr, f"order-{number}") for number in range(count)]


async def placed(together: OrdersTogether, wanted: list[CertificateOrder]) -> list[Answer]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(together.place(order)) for order in wanted]
    return [task.result() for task in tasks]


async def test_what_is_given_in_one_breath_travels_in_one_message() -> None:
    signer = Signer(refused="order-1")
    answers = await placed(OrdersTogether(signer.ask), orders(3))

    assert signer.messages == [["order-0", "order-1", "order-2"]]
    assert answers == [Signed([b"order-0"]), Refused("no"), Signed([b"order-2"])]


async def test_one_alone_goes_alone() -> None:
    signer = Signer()
    together = OrdersTogether(signer.ask)
    for order in orders(2):
        assert await together.place(order) == Signed([order.id.encode()])

    assert signer.messages == [["order-0"], ["order-1"]]


@pytest.mark.parametrize(
    ("count", "csr", "messages"),
    [(MOST_TOGETHER + 1, b"csr", [MOST_TOGETHER, 1]), (3, b"x" * (MOST_OCTETS // 2), [2, 1])],
    ids=["their number", "their octets"],
)
async def test_a_message_has_a_bound(count: int, csr: bytes, messages: list[int]) -> None:
    signer = Signer()
    answers = await placed(OrdersTogether(signer.ask), orders(count, csr))

    assert [len(each) for each in signer.messages] == messages
    assert len(answers) == count


async def test_what_is_wrong_with_the_message_is_told_to_each() -> None:
    together = OrdersTogether(Signer(Failed("512 requests wait already.", "Ask again later.")).ask)

    assert await placed(together, orders(2)) == [Failed("512 requests wait already.", "Ask again later.")] * 2


async def test_who_cannot_be_reached_is_told_to_each() -> None:
    together = OrdersTogether(Signer(OutsideFault("the signer is not there.")).ask)
    async with asyncio.TaskGroup() as group:
        for order in orders(2):
            group.create_task(hears_of_a_fault(together, order, "not there"))


@pytest.mark.parametrize("turns", [1, 2], ids=["before it left", "on its way"])
async def test_where_the_first_is_broken_off_the_others_hear_so(turns: int) -> None:
    signer = Signer()
    signer.goes_on.clear()
    together = OrdersTogether(signer.ask)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(together.place(order_of(b"csr", "first")))
        group.create_task(hears_of_a_fault(together, order_of(b"csr", "other"), "broken off"))
        for _ in range(turns):
            await asyncio.sleep(0)
        first.cancel()

    signer.goes_on.set()
    assert await placed(together, orders(1)) == [Signed([b"order-0"])]


async def test_one_that_is_broken_off_leaves_the_others_alone() -> None:
    signer = Signer()
    signer.goes_on.clear()
    together = OrdersTogether(signer.ask)
    async with asyncio.TaskGroup() as group:
        first, other = (group.create_task(together.place(order)) for order in orders(2))
        await asyncio.sleep(0)
        other.cancel()
        await asyncio.sleep(0)
        signer.goes_on.set()

    assert first.result() == Signed([b"order-0"])


async def hears_of_a_fault(together: OrdersTogether, order: CertificateOrder, words: str) -> None:
    with pytest.raises(OutsideFault, match=words):
        await together.place(order)
